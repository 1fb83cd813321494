"""Local days, weeks and hours of moments: over clock changes, midnights, leap days and year ends."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from consults.models import ConsultRequest, SourceCount
from consults.periods import (
    Period,
    YearAndMonth,
    hour_number,
    last_months,
    last_weeks,
    longest_from,
    next_month,
    week_and_hour,
)
from tests.factories.consults import make_request

CHICAGO = ZoneInfo("America/Chicago")


def period(first: str, last: str, zone=CHICAGO) -> Period:
    return Period(first=date.fromisoformat(first), last=date.fromisoformat(last), zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_period_holds_its_days_from_midnight_to_midnight():
    autumn = period("2026-10-26", "2026-11-01")
    # Summer time at its start, winter time at its end: the week has 169 hours.
    assert (autumn.start, autumn.end) == (utc("2026-10-26T05:00"), utc("2026-11-02T06:00"))
    assert autumn.end.astimezone(UTC) - autumn.start.astimezone(UTC) == timedelta(hours=169)
    spring = period("2026-03-02", "2026-03-08")
    assert spring.end.astimezone(UTC) - spring.start.astimezone(UTC) == timedelta(hours=167)


def test_its_weeks_begin_on_monday_and_its_months_on_the_first():
    days = period("2026-12-30", "2027-01-04")  # a Wednesday to a Monday
    assert days.weeks == [date(2026, 12, 28), date(2027, 1, 4)]
    assert days.months == [date(2026, 12, 1), date(2027, 1, 1)]
    assert [days.is_whole(week) for week in days.weeks] == [False, False]
    assert period("2028-02-28", "2028-03-05").is_whole(date(2028, 2, 28))
    assert not period("2028-02-28", "2028-03-04").is_whole(date(2028, 2, 28))


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-11-26T15:00", "2026-09-07", "2026-11-26"),
        ("2026-11-30T05:59", "2026-09-07", "2026-11-29"),  # still Sunday evening in Alabama
        ("2026-11-30T06:00", "2026-09-14", "2026-11-30"),  # Monday
    ],
)
def test_the_last_twelve_weeks_are_counted_in_local_days(now, first, last):
    assert last_weeks(now=utc(now)) == period(first, last)


@pytest.mark.parametrize(("now", "first"), [("2026-11-26T15:00", "2025-12-01"), ("2026-12-31T15:00", "2026-01-01")])
def test_the_last_twelve_months_begin_on_a_first(now, first):
    assert last_months(months=12, now=utc(now)).first == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-01-01", "2028-12-31"), ("2024-02-29", "2027-02-28"), ("2025-03-01", "2028-02-29")],
)
def test_the_longest_period_has_three_years(first, last):
    assert longest_from(date.fromisoformat(first)) == date.fromisoformat(last)


def test_the_next_month_is_found_from_any_day():
    assert next_month(date(2028, 1, 31)) == date(2028, 2, 1)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


# Every moment has one week and one hour, the same on both databases as Python's own.
MOMENTS = [
    "2026-03-08T07:59:59.999999",  # a second before the clocks go forward
    "2026-03-08T08:00",
    "2026-03-09T04:59:59.999900",  # Sunday, a hair before midnight: SQLite would round it into Monday
    "2026-03-09T05:00",
    "2026-11-01T05:30",  # 0:30 am, summer time
    "2026-11-01T06:30",  # 1:30 am, summer time
    "2026-11-01T07:30",  # 1:30 am once more
    "2026-11-02T05:59:59.999999",
    "2026-11-02T06:00",
    "2028-02-29T05:59:59",  # 28 February in Alabama
    "2028-02-29T12:00",
    "2028-03-01T05:30",  # still 29 February
    "2021-01-03T12:00",  # Sunday of ISO week 53
    "2021-01-04T05:59",
    "2021-01-04T06:00",
    "2026-12-31T23:30",
    "2027-01-01T06:00",
]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["America/Chicago", "UTC", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_the_database_finds_the_local_week_and_hour(zone):
    zone = ZoneInfo(zone)
    days = period("2021-01-01", "2028-12-31", zone)
    pks = {make_request(now=utc(moment), name=f"Person {moment}").pk: moment for moment in MOMENTS}
    found = ConsultRequest.objects.annotate(hour=hour_number("asked_at", days)).values_list("pk", "hour")
    for pk, number in found:
        local = utc(pks[pk]).astimezone(zone)
        monday = local.date() - timedelta(days=local.weekday())
        assert (pks[pk], *week_and_hour(number)) == (pks[pk], monday, local.weekday() * 24 + local.hour)
    assert len(found) == len(MOMENTS)


@pytest.mark.django_db
def test_a_leap_day_belongs_to_february():
    for day in ("2028-02-01", "2028-02-29", "2028-03-01"):
        SourceCount.objects.create(day=day, path="/consult/", requests=1)
    months = SourceCount.objects.annotate(month=YearAndMonth("day")).order_by("day").values_list("month", flat=True)
    assert list(months) == ["2028-02", "2028-02", "2028-03"], connection.vendor
