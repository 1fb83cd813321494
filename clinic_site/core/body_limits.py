"""How much a request may bring along. Refused before any of it is read."""

from io import BytesIO

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render

from .seo import PageMeta
from .unavailable import unavailable_response

MOST_DIGITS = 18  # of a length in bytes; Python refuses to read numbers of thousands


class BodyLimitMiddleware:
    """Answer 413 to a body above the limit of its page, and 400 to one whose length is no number.

    Stands before CsrfViewMiddleware, whose look at a form reads its body.
    """

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        said = request.META.get("CONTENT_LENGTH") or ""
        if not said and "HTTP_TRANSFER_ENCODING" in request.META:
            return None if _take_chunks(request) else too_large(request, limit=settings.BODY_LIMIT)
        length = _number(said or "0")
        if length <= settings.BODY_LIMIT:
            return None
        try:
            limit = _limit_for(request)
        except (OperationalError, InterfaceError):  # no middleware is asked about what happens here
            return unavailable_response()
        return too_large(request, limit=limit) if length > limit else None


def _number(said: str) -> int:
    """The length that a request said it has, in bytes. Raises BadRequest when it is none."""
    if not (said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS):
        raise BadRequest("Content-Length is no number")
    return int(said)


def _take_chunks(request) -> bool:
    """Read a body that comes in chunks; False when it is above the limit of public forms, whatever the page.

    Django would take it for an empty one. Browsers say how long a form is; some proxies pass it on without.
    """
    try:
        body = request.META["wsgi.input"].read(settings.BODY_LIMIT + 1)
    except Exception as error:  # each server has errors of its own for chunks that are none
        raise BadRequest("The chunks cannot be read") from error
    request._stream = BytesIO(body)
    request.META["CONTENT_LENGTH"] = str(len(body))
    return len(body) <= settings.BODY_LIMIT


def _limit_for(request) -> int:
    """What the page takes, in bytes. More than a public form only from somebody who is signed in."""
    found = request.resolver_match
    if "admin" not in found.namespaces or not request.user.is_staff:
        return settings.BODY_LIMIT
    return settings.UPLOAD_LIMITS.get(found.view_name, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def too_large(request, *, limit: int) -> HttpResponse:
    """The page that says so, with the phone number: 413. `limit` is in bytes."""
    found = request.resolver_match
    context = {
        "meta": PageMeta(title="That was too much at once", path=request.path, robots="noindex"),
        "limit": f"{limit / 1_000_000:g} MB" if limit >= 1_000_000 else f"{limit // 1024} kB",
        "is_for_staff": bool(found) and "admin" in found.namespaces,
    }
    response = render(request, "413.html", context, status=413)
    response.headers["Cache-Control"] = "no-store"
    return response
