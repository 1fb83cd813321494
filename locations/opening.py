"""Is a clinic open, and until when?

A stretch of hours belongs to the day on which it starts. From this follows what a closure does:
it takes away the stretches that start on its days, the part after midnight included. A stretch
that began the evening before still runs to its end, because it is the evening before's work.

Hours are what the clock on the wall shows. Where clocks jump, a clinic opens or closes the first
time that the clock shows its hour or a later one: "2:30" on the night that has no 2:30 means
3:00, and on the night that has it twice, the first of the two.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils import timezone

from .clock import clock_text
from .models import Closure, Hours, Location

ONE_DAY = timedelta(days=1)
# How far ahead an opening is looked for: a little more than the longest closure that can be entered.
SEARCH_DAYS = 400
# How far ahead readers are told of closures.
UPCOMING_DAYS = 30

Run = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class OpeningState:
    """What a page says about one clinic at one moment.

    `sentence` follows "Open now" or "Closed now". `changes_at` is the first moment at which
    `is_open` turns, None when it never does within 400 days. `today` is the weekday at the
    clinic, 0 for Monday. `true_until` is when any of this stops being true: `changes_at` or the
    clinic's midnight, whichever comes first. Moments are in UTC.
    """

    is_open: bool
    sentence: str
    changes_at: datetime | None
    today: int
    true_until: datetime


@dataclass(frozen=True, kw_only=True)
class HoursRow:
    """One line of the table of hours: days that have the same hours."""

    days: str
    times: str
    is_today: bool


def opening_state(
    *, hours: Iterable[Hours], closures: Iterable[Closure], now: datetime, tz: tzinfo
) -> OpeningState | None:
    """Return whether a clinic with these hours and closures is open at `now`.

    `closures` are those that count for this clinic. A stretch includes its first moment and not
    its last: a clinic that closes at 5 pm is closed at 5:00:00 sharp. Without hours, return None:
    nothing is known, so nothing is said.
    """
    hours, closures = list(hours), list(closures)
    if not hours:
        return None
    now = now.astimezone(UTC)
    today = now.astimezone(tz).date()
    # Yesterday's stretches may still run; none is longer than a day.
    days = [today + n * ONE_DAY for n in range(-1, SEARCH_DAYS)]
    run = next((run for run in joined(stretches(hours, closures, days, tz)) if run[1] > now), None)
    horizon = _moment(datetime.combine(days[-1] + ONE_DAY, time()), tz)
    is_open = run is not None and run[0] <= now
    changes_at = None if run is None else run[1] if is_open else run[0]
    if changes_at is not None and changes_at >= horizon:
        changes_at = None
    midnight = _moment(datetime.combine(today + ONE_DAY, time()), tz)
    change = None if changes_at is None else changes_at.astimezone(tz)
    return OpeningState(
        is_open=is_open,
        sentence=_open_sentence(change, today) if is_open else _closed_sentence(change, today, closures),
        changes_at=changes_at,
        today=today.weekday(),
        true_until=min(filter(None, (changes_at, midnight))),
    )


def stretches(hours: list[Hours], closures: list[Closure], days: Iterable[date], tz: tzinfo) -> Iterator[Run]:
    """Every stretch that starts on one of these days, in order of its start."""
    for day in days:
        if _closure_on(day, closures):
            continue
        for row in sorted((row for row in hours if row.weekday == day.weekday()), key=lambda row: row.opens):
            last_day = day + ONE_DAY if row.closes <= row.opens else day
            start = _moment(datetime.combine(day, row.opens), tz)
            end = _moment(datetime.combine(last_day, row.closes), tz)
            # A stretch that lies inside the hour that clocks skip does not happen.
            if start < end:
                yield start, end


def joined(stretches: Iterable[Run]) -> Iterator[Run]:
    """Join stretches that touch or overlap: nothing changes for the reader in between."""
    run = None
    for start, end in stretches:
        if run is None:
            run = start, end
        elif start <= run[1]:
            run = run[0], max(run[1], end)
        else:
            yield run
            run = start, end
    if run is not None:
        yield run


def _moment(wall: datetime, tz: tzinfo) -> datetime:
    """The first moment, in UTC, at which a clock in `tz` shows `wall` or later."""
    first = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None, fold=0) == wall:
        return first
    # Clocks skip this time. The two readings of it lie on either side of the jump.
    before = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    seconds = range(int((first - before).total_seconds()))

    def has_jumped(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(tz).replace(tzinfo=None) > wall

    return before + timedelta(seconds=bisect_left(seconds, True, key=has_jumped))


def _closure_on(day: date, closures: list[Closure]) -> Closure | None:
    return next((closure for closure in closures if closure.starts_on <= day <= closure.ends_on), None)


def _open_sentence(closes: datetime | None, today: date) -> str:
    if closes is None:
        return "day and night"
    # Midnight ends the day before it, as people speak.
    last_day = closes.date() if closes.time() != time() else closes.date() - ONE_DAY
    return f"closes {_day_and_time(last_day, closes, today)}"


def _closed_sentence(opens: datetime | None, today: date, closures: list[Closure]) -> str:
    closure = _closure_on(today, closures)
    parts = [f"closed today for {closure.reason}"] if closure else []
    if opens is not None:
        parts.append(f"opens {_day_and_time(opens.date(), opens, today)}")
    return ", ".join(parts) or "closed until further notice"


def _day_and_time(day: date, moment: datetime, today: date) -> str:
    """Say "at 5 pm" today, "Monday at 9 am" this week, and the date too where a weekday could mislead."""
    clock = f"at {clock_text(moment.time())}"
    if day == today:
        return clock
    if day - today < 7 * ONE_DAY:
        return f"{day:%A} {clock}"
    return f"{day:%A}, {day:%B} {day.day}, {clock}"


# The table of hours --------------------------------------------------------------------------


def hours_table(hours: Iterable[Hours], *, today: int) -> list[HoursRow]:
    """Return a week of hours, Monday first, with consecutive days that are alike on one line.

    `today` is a weekday, 0 for Monday; its line is marked. Without hours there are no lines.
    """
    hours = list(hours)
    if not hours:
        return []
    times = {day: _times_text([row for row in hours if row.weekday == day]) for day in Hours.Weekday}
    rows = []
    for text, group in groupby(Hours.Weekday, key=times.get):
        days = list(group)
        rows.append(HoursRow(days=_days_text(days), times=text, is_today=today in days))
    return rows


def _days_text(days: list[Hours.Weekday]) -> str:
    if len(days) == 1:
        return days[0].label
    return f"{days[0].label} {'and' if len(days) == 2 else 'to'} {days[-1].label}"


def _times_text(hours: list[Hours]) -> str:
    """The stretches of one day; those that touch read as one."""
    runs: list[tuple[Hours, Hours]] = []
    for row in sorted(hours, key=lambda row: row.opens):
        if runs and row.span[0] <= runs[-1][1].span[1]:
            runs[-1] = runs[-1][0], max(runs[-1][1], row, key=lambda row: row.span[1])
        else:
            runs.append((row, row))
    return ", ".join(f"{clock_text(a.opens)} – {clock_text(b.closes)}" for a, b in runs) or "Closed"


# For a page ----------------------------------------------------------------------------------


def with_opening(locations: Iterable[Location], *, now: datetime) -> list[Location]:
    """Return the locations with `.opening` and `.upcoming_closures` set, in two queries for all.

    `.opening` is an OpeningState, None while the clinic has no hours. `.upcoming_closures` are
    the closures that touch the next 30 days, today's included. `.hours.all()` is loaded too.
    """
    locations, tz = list(locations), timezone.get_default_timezone()
    today = now.astimezone(tz).date()
    prefetch_related_objects(locations, Prefetch("hours", Hours.objects.order_by("weekday", "opens")))
    # Yesterday's closures count for yesterday's stretches, which may run past midnight.
    closures = Closure.objects.filter(
        Q(location__in=locations) | Q(location=None), ends_on__gte=today - ONE_DAY
    ).order_by("starts_on", "pk")
    closures = list(closures)
    for location in locations:
        own = [closure for closure in closures if closure.location_id in (None, location.pk)]
        location.opening = opening_state(hours=location.hours.all(), closures=own, now=now, tz=tz)
        last_day = today + UPCOMING_DAYS * ONE_DAY
        location.upcoming_closures = [c for c in own if c.ends_on >= today and c.starts_on <= last_day]
    return locations


def next_change(locations: Iterable[Location]) -> datetime | None:
    """Return when the first of these clinics' states stops being true; None when none has hours.

    Midnight counts, because "today" changes then: a page that says "closed today" or marks
    today's hours must not outlive the day.
    """
    states = [location.opening for location in locations if location.opening]
    return min((state.true_until for state in states), default=None)
