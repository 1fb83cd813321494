"""The daily mail that says how things stand, even when all is well: a day without it says something too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from clinic_site.core import backup_status
from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import ClinicIdentity, OutboxMessage
from locations.models import Location

from .day import age_text
from .models import ConsultRequest, Recipient
from .silence import newest_test, trouble

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# Requests that were set aside and that nobody looked at are deleted after this long.
QUARANTINE_LASTS = timedelta(days=30)

Place = int | None  # a clinic's primary key, or None for people who were not sure
# As an expression: to group by the index of clinics, SQLite may read every request there ever was.
PLACE = F("location_id") + 0


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of requests by place, and since when the longest wait there lasts."""

    new: dict[Place, int]
    answered: dict[Place, int]
    waiting: dict[Place, int]
    oldest: dict[Place, datetime]
    quarantined: dict[Place, int]
    expiring: dict[Place, int]
    broken: dict[Place, int] | None  # None while nothing is promised

    def waiting_text(self, places: Iterable[Place]) -> str:
        """How many wait in these places, and the longest of their waits."""
        oldest = min((self.oldest[place] for place in places if place in self.oldest), default=None)
        since = f" (the oldest since {timezone.localtime(oldest):%A, %B %-d, %H:%M})" if oldest else ""
        return f"{total(self.waiting, places)}{since}"


def total(numbers: dict[Place, int], places: Iterable[Place]) -> int:
    return sum(numbers.get(place, 0) for place in places)


def count_requests(*, now: datetime) -> Counts:
    """Count the requests of the last 24 hours and those that are open, place by place: a handful of queries."""
    since, requests = now - DAY, ConsultRequest.objects
    waiting, aside = requests.waiting(), requests.quarantined()
    hours = ClinicIdentity.load().answer_within_hours
    # Found late by the watch; or answered too late before the watch came round, as at night.
    late = Q(escalated_at__gt=since) | Q(
        escalated_at=None, first_contact_at__gt=since, answered_minutes__gte=(hours or 0) * 60
    )
    return Counts(
        new=_by_place(requests.real().filter(asked_at__gt=since)),
        answered=_by_place(requests.real().filter(first_contact_at__gt=since)),
        waiting=_by_place(waiting),
        oldest=dict(waiting.order_by().values_list(PLACE).annotate(oldest=Min("waiting_since"))),
        quarantined=_by_place(aside),
        expiring=_by_place(aside.filter(asked_at__lte=now - (QUARANTINE_LASTS - WEEK))),
        broken=_by_place(requests.real().filter(late)) if hours else None,
    )


def digest_lines(*, now: datetime, counts: Counts, clinics: dict[int, str], places: set[Place]) -> list[str]:
    """Return how things stand in `places`: numbers alone, no names and no references.

    `clinics` are the names by primary key, in the clinic's own order. Several clinics have a line each.
    """
    lines = [
        f"New in the last 24 hours: {total(counts.new, places)}",
        f"Answered in the last 24 hours: {total(counts.answered, places)}",
        f"Waiting: {counts.waiting_text(places)}",
        f"Set aside as possible spam, to look through: {total(counts.quarantined, places)}"
        f" ({total(counts.expiring, places)} of them are deleted within a week)",
    ]
    if counts.broken is not None:
        lines.append(f"Promises broken in the last 24 hours: {total(counts.broken, places)}")
    shown = [(pk, name) for pk, name in clinics.items() if pk in places]
    if len(shown) > 1:
        lines.append("")
        lines += [_place_line(counts, pk, name) for pk, name in [*shown, (None, "Not sure which clinic")]]
    return [*lines, "", *_site_lines(now)]


def queue_digest(*, now: datetime) -> None:
    """Queue the digest for every verified, active recipient, one mail to an address.

    Recipients of one clinic are told of its requests and of those of people who were not sure;
    recipients of all, of all.
    """
    counts = count_requests(now=now)
    clinics = dict(Location.objects.order_by("position", "name").values_list("pk", "name"))
    scopes: dict[str, set[Place]] = {}
    for recipient in Recipient.objects.told_about(None).order_by("pk"):
        own = {recipient.location_id} if recipient.location_id else set(clinics)
        scopes.setdefault(recipient.email.casefold(), {None}).update(own)
    with transaction.atomic():
        for address, places in scopes.items():
            queue_mail(
                kind=OutboxMessage.Kind.DIGEST,
                about="digest",
                to_address=address,
                subject=f"Requests on {timezone.localtime(now):%A, %B %-d}",
                body=_body(digest_lines(now=now, counts=counts, clinics=clinics, places=places)),
                now=now,
            )


def _by_place(requests: QuerySet) -> dict[Place, int]:
    return dict(requests.order_by().values_list(PLACE).annotate(number=Count("pk")))


def _place_line(counts: Counts, place: Place, name: str) -> str:
    new, answered = total(counts.new, [place]), total(counts.answered, [place])
    return f"{name}: {new} new, {answered} answered, waiting: {counts.waiting_text([place])}"


def _site_lines(now: datetime) -> list[str]:
    """What is true of the site as a whole: mails, the backup, the daily test."""
    failed = OutboxMessage.objects.unsent().filter(state=OutboxMessage.State.FAILED).count()
    backup, test, wrong = backup_status.last_backup_at(), newest_test(now=now), trouble(now=now)
    lines = [
        f"Mails that could not be sent: {failed}",
        f"Last backup: {age_text(now - backup)} ago" if backup else "Last backup: none recorded",
        *backup_status.trouble(now=now),
    ]
    if wrong:
        return lines + [f"Daily test: {text}" for text in wrong]
    return [*lines, f"Last daily test: {f'came through {age_text(now - test.asked_at)} ago' if test else 'none yet'}"]


def _body(lines: list[str]) -> str:
    return "\n".join(
        [
            *lines,
            "",
            f"Sign in: {settings.SITE_URL}{reverse('admin:index')}",
            "",
            "You get this mail every day, so that a day without it tells you something is wrong.",
        ]
    )
