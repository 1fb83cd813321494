"""What becomes of an address when its page moves or goes.

Rows never form a chain, and no row leads to an address that has a row: whoever writes one flattens
what is there. So every old address is one step from its page, and a loop cannot be written.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import transaction
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from .caching import public
from .html import CONTROL_CHARACTERS
from .models import Redirect
from .seo import PageMeta

logger = logging.getLogger(__name__)

MOST_CHARACTERS = Redirect._meta.get_field("old_path").max_length


def record_move(*, old_path: str, new_path: str, now: datetime, was_public: bool = True) -> None:
    """Send the readers of `old_path` to `new_path` from now on, and all who were sent to `old_path` too.

    With `was_public` False nobody can know `old_path`, so no row is written for it: what once led
    to it is mended, nothing else.
    """
    if old_path == new_path:
        return
    with transaction.atomic():
        Redirect.objects.filter(old_path=new_path).delete()
        Redirect.objects.filter(new_path=old_path).update(new_path=new_path)
        if was_public:
            _write(Redirect(old_path=old_path, new_path=new_path, created_at=now))


def record_removal(*, path: str, now: datetime, was_public: bool = True) -> None:
    """Tell the readers of `path`, and of every address that led to it, that the page was removed."""
    with transaction.atomic():
        Redirect.objects.filter(new_path=path).update(new_path="")
        if was_public:
            _write(Redirect(old_path=path, new_path="", created_at=now))


def _write(row: Redirect) -> None:
    """Store `row` in place of whatever its old address had, in one statement: nobody can come between."""
    fields = ["new_path", "is_manual", "created_at"]
    Redirect.objects.bulk_create([row], update_conflicts=True, unique_fields=["old_path"], update_fields=fields)


def answer(request) -> HttpResponse | None:
    """Return where to go from the address of `request`, or that it is gone; None when it is unknown."""
    row = _find(request.path_info)
    if row is None:
        return None
    if not row.new_path:
        return gone(request)
    if not is_own_path(row.new_path):
        logger.error("redirect %s does not lead to a page of this site", row.pk)
        return None
    query = request.META.get("QUERY_STRING", "")
    # Kept for a minute only: a browser that kept it for good would loop when the page moves back.
    return public(HttpResponsePermanentRedirect(iri_to_uri(row.new_path) + (f"?{iri_to_uri(query)}" if query else "")))


def gone(request) -> HttpResponse:
    """The page that says that a page was removed: 410."""
    meta = PageMeta(title="This page was removed", path=request.path, robots="noindex")
    response = render(request, "410.html", {"meta": meta}, status=410)
    response.headers["Cache-Control"] = "no-store"
    return response


def is_own_path(path: str) -> bool:
    """True for a plain path on this site: nothing that a browser would read as another host."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not CONTROL_CHARACTERS.search(path)
        and not any(mark in path for mark in "?#\\\t\r\n")
    )


def _find(path: str) -> Redirect | None:
    """The row for `path`, written with a slash at its end or without."""
    if len(path) > MOST_CHARACTERS or CONTROL_CHARACTERS.search(path):
        return None
    other = path if path.endswith("/") or not settings.APPEND_SLASH else f"{path}/"
    try:
        rows = {row.old_path: row for row in Redirect.objects.filter(old_path__in={path, other})}
    except DatabaseFault:
        # The reader has a page already, "not found". A second fault must not take it away.
        logger.exception("redirects could not be read")
        return None
    return rows.get(path) or rows.get(other)
