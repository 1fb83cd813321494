"""Time that counts: only that in which a clinic is open.

A calendar says when. One without hours counts every minute, so that a clock runs even before the
clinic has told its hours. Everything is measured between moments, not read off the wall: on the
night when clocks are put back, a clinic that is open from 1 to 3 is open for three hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from django.utils import timezone

from .models import Closure, Hours
from .opening import ONE_DAY, Run, stretches

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The hours of one clinic, and the closures that count for it."""

    hours: list[Hours]
    closures: list[Closure]


@dataclass(frozen=True)
class Calendar:
    """When somebody is there: while any of the clinics in `clinics` is open.

    Without any clinic, always. Days that were looked up are remembered: keep a calendar for one
    piece of work and load it anew for the next.
    """

    clinics: tuple[Rules, ...] = ()
    tz: tzinfo = field(default_factory=timezone.get_default_timezone)
    _days: dict[date, list[Run]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def counts_everything(self) -> bool:
        """True while no hours are set: every minute counts."""
        return not self.clinics

    def starting_on(self, day: date) -> list[Run]:
        """The stretches that start on `day`, in order of their start. They may overlap."""
        if day not in self._days:
            self._days[day] = sorted(
                run for rules in self.clinics for run in stretches(rules.hours, rules.closures, [day], self.tz)
            )
        return self._days[day]


def calendar(*, hours: Iterable[Hours], closures: Iterable[Closure] = (), tz: tzinfo | None = None) -> Calendar:
    """Return the calendar of one clinic. `closures` are those that count for it."""
    rules = Rules(hours=list(hours), closures=list(closures))
    return Calendar((rules,) if rules.hours else (), tz or timezone.get_default_timezone())


def business_time(calendar: Calendar, *, start: datetime, end: datetime) -> timedelta:
    """Return the opening time between two moments, to the microsecond; none when `end` is not after `start`."""
    # In UTC: Python reads the difference of two times in one zone off the wall.
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if calendar.counts_everything or end <= start:
        return max(end - start, timedelta())
    total = timedelta()
    for opens, closes in _open_from(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def business_minutes(calendar: Calendar, *, start: datetime, end: datetime) -> int:
    """Return the whole minutes of opening time between two moments."""
    return business_time(calendar, start=start, end=end) // MINUTE


def after_business_minutes(calendar: Calendar, *, start: datetime, minutes: float) -> datetime:
    """Return the first moment at which `minutes` of opening time have passed since `start`.

    Time that ends with the day ends at closing time, not at the next opening.
    """
    start, left = start.astimezone(UTC), minutes * MINUTE
    if calendar.counts_everything or left <= timedelta():
        return start + max(left, timedelta())
    for opens, closes in _open_from(calendar, start):  # pragma: no branch - it never ends
        if left <= closes - opens:
            return opens + left
        left -= closes - opens


def next_opening(calendar: Calendar, *, after: datetime) -> datetime:
    """Return the first moment from `after` on at which the clinic is open: `after` itself if it is open then."""
    after = after.astimezone(UTC)
    return after if calendar.counts_everything else next(_open_from(calendar, after))[0]


def _open_from(calendar: Calendar, start: datetime) -> Iterator[Run]:
    """Every piece of opening time from `start` on, none counted twice. A clinic with hours never runs out of them."""
    reached = start
    # Yesterday's stretches may still run; none is longer than a day.
    day = start.astimezone(calendar.tz).date() - ONE_DAY
    while True:
        for opens, closes in calendar.starting_on(day):
            if closes > reached:
                yield max(opens, reached), closes
                reached = closes
        day += ONE_DAY


# From the database ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Calendars:
    """The calendars of all clinics, and the one for people who were not sure where to go."""

    by_location: dict[int, Calendar]
    anywhere: Calendar

    def of(self, location_id: int | None) -> Calendar:
        """The calendar of one clinic, by its primary key; with None, that of whichever clinic is open."""
        return self.anywhere if location_id is None else self.by_location.get(location_id, Calendar())


def load_calendars() -> Calendars:
    """Read the hours and closures of every clinic, in two queries."""
    hours = list(Hours.objects.select_related("location").order_by("weekday", "opens"))
    closures = list(Closure.objects.order_by("starts_on", "pk"))
    by_location: dict[int, list[Hours]] = {}
    for row in hours:
        by_location.setdefault(row.location_id, []).append(row)
    rules = {
        pk: Rules(hours=rows, closures=[closure for closure in closures if closure.location_id in (None, pk)])
        for pk, rows in by_location.items()
    }
    active = {row.location_id for row in hours if row.location.is_active}
    return Calendars(
        by_location={pk: Calendar((own,)) for pk, own in rules.items()},
        anywhere=Calendar(_distinct(own for pk, own in rules.items() if pk in active)),
    )


def _distinct(rules: Iterable[Rules]) -> tuple[Rules, ...]:
    """Leave out clinics that keep the same hours as another: a hundred of them are open when one is."""
    by_hours = {}
    for own in rules:
        hours = tuple((row.weekday, row.opens, row.closes) for row in own.hours)
        by_hours[hours, tuple(closure.pk for closure in own.closures)] = own
    return tuple(by_hours.values())
