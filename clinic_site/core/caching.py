"""How long browsers and proxies may keep a public page."""

import time
from datetime import datetime

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

PUBLIC_SECONDS = 60
# A shared cache, such as nginx in front of us: what staff change is to reach everybody within two seconds.
SHARED_SECONDS = 1
# While the site itself cannot answer, a page of the last hour is better than none.
IF_BROKEN_SECONDS = 3600
YEAR_SECONDS = 31_536_000


def public(response: HttpResponse, *, until: datetime | None = None, now: datetime | None = None) -> HttpResponse:
    """Mark a page that is the same for everybody: a browser may keep it for a minute, a proxy for a second.

    With `until`, the moment at which something on the page stops being true (a clinic closes), nobody
    keeps the page longer than that, not even while the site is broken; `now` is then required.
    """
    left = float("inf") if until is None else max(0, int((until - now).total_seconds()))
    shared = min(SHARED_SECONDS, left)
    patch_cache_control(
        response,
        public=True,
        max_age=min(PUBLIC_SECONDS, left),
        s_maxage=shared,
        stale_if_error=min(IF_BROKEN_SECONDS, left - shared),
    )
    if shared:
        # nginx counts whole seconds, which makes two of one: for nginx alone, until this second is over.
        # After Cache-Control, of which nginx 1.22 would read nothing otherwise.
        response.headers["X-Accel-Expires"] = f"@{int(time.time())}"
    return response


def unchanging(response: HttpResponse) -> HttpResponse:
    """Mark a file whose address changes whenever it does: it may be kept for a year."""
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
