"""Stretches of local days, and how a database tells the local week and hour of a moment.

Django's TruncWeek and ExtractHour call back into Python for every row on SQLite: with 100,000
requests that alone takes longer than a page may. So the clock changes inside a period are worked out
here, and the database adds each moment's offset from UTC and counts in whole numbers. Both databases
do the same sums, and every moment has exactly one local day, week and hour, whatever the clocks do.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import BigIntegerField, Case, CharField, Func, Value, When
from django.utils import timezone

EARLIEST = date(2000, 1, 1)
MOST_YEARS = 3
DEFAULT_WEEKS = 12
# A Monday: weeks are counted from it. It lies three days before the epoch.
FIRST_MONDAY = date(1969, 12, 29)
ONE_WEEK = timedelta(weeks=1)
HOUR, HOURS_OF_A_WEEK = 3_600, 168


@dataclass(frozen=True, kw_only=True)
class Period:
    """The local days from `first` to `last`, both of them included."""

    first: date
    last: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        """The first moment inside."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def weeks(self) -> list[date]:
        """The Monday of every week that has a day inside."""
        monday = monday_of(self.first)
        return [monday + timedelta(weeks=number) for number in range((self.last - monday).days // 7 + 1)]

    @property
    def months(self) -> list[date]:
        """The first day of every month that has a day inside."""
        found = [self.first.replace(day=1)]
        while (following := next_month(found[-1])) <= self.last:
            found.append(following)
        return found

    def is_whole(self, monday: date) -> bool:
        """Whether all seven days of that week lie inside."""
        return self.first <= monday and monday + timedelta(days=6) <= self.last

    def holds(self, field: str) -> dict[str, datetime]:
        """What to filter by so that the moment in `field` lies inside."""
        return {f"{field}__gte": self.start, f"{field}__lt": self.end}


def last_weeks(*, weeks: int = DEFAULT_WEEKS, now: datetime, zone: tzinfo | None = None) -> Period:
    """Return the week in which `now` lies, up to today, and the weeks before it: `weeks` in all."""
    zone = zone or timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    return Period(first=monday_of(today) - timedelta(weeks=weeks - 1), last=today, zone=zone)


def last_months(*, months: int, now: datetime, zone: tzinfo | None = None) -> Period:
    """Return the month in which `now` lies, up to today, and the months before it: `months` in all."""
    zone = zone or timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    number = today.year * 12 + today.month - months
    return Period(first=date(number // 12, number % 12 + 1, 1), last=today, zone=zone)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def next_month(day: date) -> date:
    """Return the first day of the month after that of `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def longest_from(first: date) -> date:
    """Return the last day of the longest period that begins on `first`."""
    try:
        return first.replace(year=first.year + MOST_YEARS) - timedelta(days=1)
    except ValueError:  # begins on 29 February
        return first.replace(year=first.year + MOST_YEARS, day=28)


# What the database counts by ----------------------------------------------------------------------


class EpochSeconds(Func):
    """A moment as whole seconds since 1970 in UTC."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler, connection, **context):
        # SQLite rounds fractions to milliseconds, which could carry a moment over midnight: they are left out.
        # Each % is doubled twice: once for Django's template, once for the statement's parameters.
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler, connection, **context):
        template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS bigint)"
        return self.as_sql(compiler, connection, template=template, **context)


class YearAndMonth(Func):
    """The month of a date, such as 2026-11."""

    output_field = CharField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, 1, 7)", **context)

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="to_char(%(expressions)s, 'YYYY-MM')", **context)


def hour_number(field: str, period: Period):
    """Return the expression for the local hour of the moment in `field`: see `week_and_hour`."""
    return _local_seconds(field, period) / HOUR + 3 * 24


def week_and_hour(number: int) -> tuple[date, int]:
    """Return the Monday of the week of the hour with this number, and which of its 168 hours it is."""
    week, hour = divmod(number, HOURS_OF_A_WEEK)
    return FIRST_MONDAY + week * ONE_WEEK, hour


def _local_seconds(field: str, period: Period):
    """What a clock on the wall shows at the moment in `field`, as seconds since its own 1970."""
    offset, changes = _clock_changes(period)
    cases = []
    for moment, following in changes:
        cases.append(When(**{f"{field}__lt": moment}, then=Value(offset)))
        offset = following
    return EpochSeconds(field) + (Case(*cases, default=Value(offset)) if cases else Value(offset))


def _clock_changes(period: Period) -> tuple[int, list[tuple[datetime, int]]]:
    """The offset from UTC, in seconds, at the start of a period; each change inside it, and the offset from then on."""

    def offset(moment: datetime) -> int:
        return int(moment.astimezone(period.zone).utcoffset().total_seconds())

    before, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    at_start, changes = offset(before), []
    while before < end:
        after = min(before + timedelta(days=1), end)
        if offset(before) != offset(after):
            low, high = before, after
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if offset(middle) == offset(before) else (low, middle)
            changes.append((high, offset(high)))
        before = after
    return at_start, changes


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
