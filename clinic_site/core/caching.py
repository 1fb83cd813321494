"""How long browsers and proxies may keep a public page."""

from datetime import datetime

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

from . import counters

PUBLIC_SECONDS = 60
YEAR_SECONDS = 31_536_000


def public(response: HttpResponse, *, until: datetime | None = None, now: datetime | None = None) -> HttpResponse:
    """Mark a page that is the same for everybody as cacheable for a minute.

    With `until`, the moment at which something on the page stops being true (a clinic closes),
    the page is kept no longer than that; `now` is then required.
    """
    seconds = PUBLIC_SECONDS
    if until is not None:
        seconds = max(0, min(seconds, int((until - now).total_seconds())))
    patch_cache_control(response, public=True, max_age=seconds)
    counters.page_came_from(counters.MISS)
    return response


def unchanging(response: HttpResponse) -> HttpResponse:
    """Mark a file whose address changes whenever it does: it may be kept for a year."""
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
