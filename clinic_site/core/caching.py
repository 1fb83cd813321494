"""How long browsers, proxies and our own page cache may keep a public page."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

# A change is with readers after two seconds at most: one in a proxy, one while it fetches the page anew.
PROXY_SECONDS = 1
YEAR_SECONDS = 31_536_000
# Where a view leaves word for the page cache, in the request's environment.
FRESH_UNTIL = "clinic.fresh_until"


def public(response: HttpResponse, *, until: datetime | None = None, now: datetime | None = None) -> HttpResponse:
    """Mark a page that is the same for everybody as one that proxies may keep for a second.

    Browsers keep it too, but ask each time whether it still holds: 304 is all they are sent then.
    With `until`, the moment at which something on the page stops being true (a clinic closes),
    nobody keeps it longer than that; `now` is then required.
    """
    left = 2 * PROXY_SECONDS if until is None else max(0, int((until - now).total_seconds()))
    fresh = min(PROXY_SECONDS, left)
    stale = min(PROXY_SECONDS, left - fresh)
    patch_cache_control(response, public=True, max_age=0, s_maxage=fresh, stale_while_revalidate=stale)
    response.fresh_until = until
    return response


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
