"""The page for when the database is away. It needs no database, no session and no static file."""

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template

from .current_request import current_marks

RETRY_SECONDS = 30


def unavailable_response(*, action: str = "", kept: list[dict] | None = None) -> HttpResponse:
    """Return a 503 page with the clinic's phone number.

    `kept` is what a person typed, as dicts of name, label and value: the page shows it again in
    a form that posts to `action`, so that nothing has to be typed twice.
    """
    marks = current_marks.get()
    html = get_template("503.html").render(
        {
            "phone": settings.FALLBACK_PHONE,
            "phone_link": f"tel:{settings.FALLBACK_PHONE_LINK}",
            "action": action,
            "kept": kept or [],
            "reference": marks.reference if marks else "",
        }
    )
    response = HttpResponse(html, status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response
