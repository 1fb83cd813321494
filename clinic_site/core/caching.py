"""How long browsers, proxies and our own page cache may keep a public page."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

# What staff change is to reach everybody within two seconds: one in our own cache, one in a proxy.
PROXY_SECONDS = 1
# While the site itself cannot answer, a page of the last day is better than none.
IF_BROKEN_SECONDS = 86_400
YEAR_SECONDS = 31_536_000
# Where a view leaves word for the page cache, in the request's environment.
FRESH_UNTIL = "clinic.fresh_until"
# For nginx alone, which counts whole seconds and makes two of one.
NGINX_UNTIL = "X-Accel-Expires"


def public(response: HttpResponse, *, until: datetime | None = None, now: datetime | None = None) -> HttpResponse:
    """Mark a page that is the same for everybody as one that proxies may keep for a second.

    Browsers keep it too, but ask each time whether it still holds: 304 is all they are sent then.
    With `until`, the moment at which something on the page stops being true (a clinic closes),
    nobody keeps it longer than that, not even while the site is broken; `now` is then required.
    """
    left = float("inf") if until is None else max(0, int((until - now).total_seconds()))
    fresh = min(PROXY_SECONDS, left)
    patch_cache_control(
        response,
        public=True,
        max_age=0,
        s_maxage=fresh,
        stale_while_revalidate=min(PROXY_SECONDS, left - fresh),
        stale_if_error=min(IF_BROKEN_SECONDS, left - fresh),
    )
    if fresh:
        # After Cache-Control, of which nginx 1.22 would read nothing otherwise.
        response.headers[NGINX_UNTIL] = end_of_this_second()
    response.fresh_until = until
    return response


def end_of_this_second() -> str:
    """Return a moment as nginx takes it: it keeps an answer until this second is over."""
    return f"@{int(time.time())}"


def cached_page(*parameters: str) -> Callable:
    """Declare a view whose answer depends on its path and on these query parameters, and on nothing else.

    The page cache keeps what the view marks `public`, and asks for it without cookies, headers or
    any other parameter.
    """

    def declare(view: Callable) -> Callable:
        @wraps(view)
        def cached(request, *args, **kwargs) -> HttpResponse:
            response = view(request, *args, **kwargs)
            until = getattr(response, "fresh_until", None)
            request.META[FRESH_UNTIL] = until.timestamp() if until else None
            return response

        cached.page_parameters = parameters
        return cached

    return declare


def unchanging(response: HttpResponse) -> HttpResponse:
    """Mark a file whose address changes whenever it does: it may be kept for a year."""
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
