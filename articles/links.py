"""The links that lead to other sites: which there are, where they stand, and whether they still answer."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urldefrag, urlsplit

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from . import visiting
from .all_texts import Place, all_texts, place_of
from .models import CheckedLink, Reference
from .models.link import CONFIRM_AFTER
from .visiting import Outcome, Visit

logger = logging.getLogger(__name__)

HREF = re.compile(r'<a\b[^>]*?\shref="([^"]*)"', re.IGNORECASE)
VISIT_AGAIN_AFTER = timedelta(days=7)
# Longer than a visit and its bookkeeping can take: then another worker may have the link.
LEASE = timedelta(seconds=visiting.LONGEST_VISIT + settings.DATABASE_TIMEOUT + 30)
REST = timedelta(seconds=visiting.PAUSE)
LONGEST_ADDRESS = CheckedLink._meta.get_field("url").max_length


def links_in(html: str) -> list[str]:
    """Return the address of each link in cleaned HTML, in order."""
    return [unescape(href).strip() for href in HREF.findall(html)]


def outer_address(href: str) -> str:
    """Return the address to visit for a link that leads to another site; '' for all other links."""
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or host in (settings.SITE_HOST, *settings.ALLOWED_HOSTS):
        return ""
    return urldefrag(href).url


def outer_links() -> dict[str, set[models.Model]]:
    """Return each address on another site, with everything that links there, published or not."""
    owners: dict[str, set[models.Model]] = {}
    texts = [(owner, links_in(html)) for owner, html in all_texts()]
    sources = [(reference, [reference.url]) for reference in Reference.objects.all()]
    for owner, hrefs in (*texts, *sources):
        for address in filter(None, map(outer_address, hrefs)):
            owners.setdefault(address, set()).add(owner)
    return owners


def places_by_link() -> dict[str, list[Place]]:
    """Return where each address on another site is linked from, each place once."""
    return {address: sorted(map(place_of, owners)) for address, owners in outer_links().items()}


def collect_links(*, now: datetime) -> None:
    """Note links that are new, so that they are visited, and forget those that nothing holds any more."""
    used = {address for address in outer_links() if len(address) <= LONGEST_ADDRESS}
    known = dict(CheckedLink.objects.values_list("url", "pk"))
    new = [CheckedLink(url=address, due_at=now) for address in sorted(used - set(known))]
    CheckedLink.objects.bulk_create(new, ignore_conflicts=True)
    CheckedLink.objects.filter(pk__in=[pk for url, pk in known.items() if url not in used]).delete()


def check_links(
    *,
    now: datetime,
    fetch: Callable[[str], Visit] = visiting.visit,
    clock: Callable[[], datetime] = timezone.now,
    limit: int = 1,
) -> int:
    """Visit up to `limit` links whose time has come, one after the other; return how many were visited.

    Each is visited once a week; one that failed, once more after a day. Among all workers only
    one visits at a time, and rests a second after each visit: no host is asked twice in a second.
    Does nothing while CHECK_LINKS is off.
    """
    visited = 0
    while settings.CHECK_LINKS and visited < limit:
        link = _claim(now=now if not visited else clock())
        if link is None:
            break
        _mark(link, fetch(link.url), now=clock())
        visited += 1
        if visited < limit:
            time.sleep(REST.total_seconds())
    return visited


def problems_of(addresses: Iterable[str]) -> dict[str, CheckedLink]:
    """Return what the last visits found, for those of `addresses` that were visited: one query."""
    return {link.url: link for link in CheckedLink.objects.filter(url__in=set(addresses), checked_at__isnull=False)}


def _claim(*, now: datetime) -> CheckedLink | None:
    due = CheckedLink.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    if not due.exists():  # the usual case: nothing is locked for it
        return None
    with transaction.atomic():
        # Whoever holds the first row decides alone. SQLite lets in one writer anyway.
        CheckedLink.objects.order_by("pk").select_for_update().first()
        if CheckedLink.objects.filter(busy_until__gt=now).exists():
            return None
        link = due.first()
        if link is not None:
            link.busy_until = now + LEASE
            link.save(update_fields=["busy_until"])
    return link


def _mark(link: CheckedLink, visit: Visit, *, now: datetime) -> None:
    """Record a visit, unless the claim has passed to another worker meanwhile."""
    has_failed = visit.outcome == Outcome.FAILED
    is_first_failure = has_failed and link.first_failed_at is None
    marked = CheckedLink.objects.filter(pk=link.pk, busy_until=link.busy_until).update(
        checked_at=now,
        due_at=now + (CONFIRM_AFTER if is_first_failure else VISIT_AGAIN_AFTER),
        busy_until=now + REST,
        status=visit.status,
        problem=visit.problem,
        moved_to=visit.moved_to,
        first_failed_at=(link.first_failed_at or now) if has_failed else None,
    )
    if not marked:
        logger.warning("link %s: the claim had passed on", link.pk)
