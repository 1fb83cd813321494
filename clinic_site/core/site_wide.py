"""What stands on many pages or all forms go by, kept from one to the next until anything of it has changed.

Only for pages that are made for every reader alike, and for what readers send: the page cache names the content
stamp, half a second old at most, under which it passes them on. Whoever has a cookie, as staff do, brings no stamp,
nor do tests: they get everything as it is in the database now.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

Value = TypeVar("Value")
# Where the page cache leaves the stamp, in the request's environment.
STAMP = "clinic.content_stamp"


class _Kept:
    """The values made under one stamp."""

    def __init__(self, stamp: Hashable) -> None:
        self.stamp = stamp
        self.values: dict[Hashable, object] = {}


_kept = _Kept(None)


def remembered(request, name: Hashable, make: Callable[[], Value]) -> Value:
    """Return what `make` returns, made once for each content stamp; made anew for a request without one.

    Threads share the value, so whoever gets it must not change it. `name` must say everything that
    the value depends on besides content.
    """
    global _kept
    stamp = request.META.get(STAMP)
    if stamp is None:
        return make()
    kept = _kept
    if kept.stamp != stamp:
        # What is made from now on is read after the stamp was: it can be newer than the stamp, never older.
        kept = _kept = _Kept(stamp)
    if name not in kept.values:
        kept.values[name] = make()
    return kept.values[name]
