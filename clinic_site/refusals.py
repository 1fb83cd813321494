"""What gunicorn answers by itself, when a request is none or too large to be read.

Its own pages quote what was sent, carry none of our headers and leave the reader without a way on;
its log would tie an address to it.
"""

from http import HTTPStatus

from django.conf import settings
from django.utils.html import format_html
from gunicorn.http import errors

from clinic_site.core import counters
from clinic_site.core.headers import for_refusals

STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
# Headers that the site itself tried to send; gunicorn derives them from those for bad requests.
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
WORDS = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Your browser sent more than we can take. Deleting this site’s cookies "
    "helps.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something is broken on our side.",
}
PAGE = """<!doctype html>
<html lang="en-US"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title></head>
<body><h1>{title}</h1>
<p>{words} Nothing was stored.
Start from the <a href="/">first page</a>, or call us at <a href="{link}">{phone}</a>.</p>
<p>In crisis? <a href="tel:988">Call</a> or <a href="sms:988">text</a> 988, any time.
In an emergency, <a href="tel:911">call 911</a>.</p></body></html>
"""


class Refusals:
    """For a gunicorn worker class: refuse in words of ours, and log the kind of fault alone."""

    def handle_error(self, req, client, addr, exc) -> None:
        is_theirs = isinstance(exc, errors.ParseException) and not isinstance(exc, OURS)
        status = STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST if is_theirs else HTTPStatus.INTERNAL_SERVER_ERROR)
        counters.answered(status=int(status))
        log = self.log.warning if is_theirs else self.log.error
        log("refused with %s: %s", int(status), type(exc).__name__)
        try:
            client.sendall(refusal(status))
        except OSError:
            pass  # they have gone


def refusal(status: HTTPStatus) -> bytes:
    """Return a whole answer: its first line, our headers, and a page with the phone number."""
    page = format_html(
        PAGE,
        title="That request could not be read" if status < 500 else "Sorry, that did not work",
        words=WORDS.get(status, "Something in the request was not as it should be."),
        phone=settings.FALLBACK_PHONE,
        link=f"tel:{settings.FALLBACK_PHONE_LINK}",
    ).encode()
    headers = {
        **for_refusals(),
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(page)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + page
