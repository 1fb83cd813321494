"""How long browsers and proxies may keep a public page."""

from datetime import datetime

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

PUBLIC_SECONDS = 60
# A proxy of ours asks anew each second, and serves the old page while it does: a change shows within two.
SHARED_SECONDS = REVALIDATE_SECONDS = 1
# While the site is down, a proxy may show the page as it last was.
STALE_SECONDS = 86_400
YEAR_SECONDS = 31_536_000


def public(response: HttpResponse, *, until: datetime | None = None, now: datetime | None = None) -> HttpResponse:
    """Mark a page that is the same for everybody as cacheable: for a minute by browsers, for a second by proxies.

    With `until`, the moment at which something on the page stops being true (a clinic closes),
    nobody keeps the page longer than that, not even while the site is down; `now` is then required.
    """
    left = STALE_SECONDS if until is None else max(0, int((until - now).total_seconds()))
    shared = min(SHARED_SECONDS, left)
    patch_cache_control(
        response,
        public=True,
        max_age=min(PUBLIC_SECONDS, left),
        s_maxage=shared,
        stale_while_revalidate=min(REVALIDATE_SECONDS, left - shared),
        stale_if_error=min(STALE_SECONDS, left - shared),
    )
    return response


def unchanging(response: HttpResponse) -> HttpResponse:
    """Mark a file whose address changes whenever it does: it may be kept for a year."""
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
