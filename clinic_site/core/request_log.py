"""One log line for each request that was answered: what was asked for, and how it went. Never by whom."""

import logging
import time
from http import HTTPMethod

from django.conf import settings

from . import counters
from .current_request import current_marks, new_marks, shown_path

logger = logging.getLogger(__name__)

# Asked for all day long by machines: worth a line only when something is wrong.
PROBES = {"site:livez", "site:readyz", "site:metrics"}


class RequestLogMiddleware:
    """Give each request an id and a reference, for error pages and log lines alike; log and count the answer.

    The id is that of our own proxy, if it sent one, and goes back in X-Request-Id. Stands outside of
    every other middleware, so that what they log has it too.
    """

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-Id", "") if settings.TRUST_PROXY else ""
        request.marks = new_marks(given_id=given)
        request.reference = request.marks.reference
        token, began = current_marks.set(request.marks), time.monotonic()
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = request.marks.request_id
            counters.answered(status=response.status_code)
            _log(request, response.status_code, milliseconds=round((time.monotonic() - began) * 1000))
            return response
        finally:
            current_marks.reset(token)


def _log(request, status: int, *, milliseconds: int) -> None:
    fields = {
        "status": status,
        "method": request.method if request.method in HTTPMethod.__members__ else "other",
        "path": shown_path(request, status=status),
        "duration_ms": milliseconds,
        **_refused_account(request, status),
    }
    logger.log(_level(request, status), "answered", extra={"fields": fields})


def _refused_account(request, status: int) -> dict[str, int]:
    """Whose try it was, when somebody signed in was refused: a page they may not open, or a row that is not theirs."""
    user = getattr(request, "_cached_user", None)  # asking request.user could ask the database
    return {"account": user.pk} if status in (403, 404) and user is not None and user.pk else {}


def _level(request, status: int) -> int:
    if status >= 500:
        return logging.WARNING
    match = getattr(request, "resolver_match", None)
    is_routine = request.path.startswith((settings.STATIC_URL, settings.MEDIA_URL)) or (
        match is not None and match.view_name in PROBES
    )
    return logging.DEBUG if is_routine and status < 400 else logging.INFO
