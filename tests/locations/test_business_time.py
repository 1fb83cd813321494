"""Opening time counted by hand: clocks that change, closures, midnight, a leap day, two clinics at once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.business_time import (
    Calendar,
    Rules,
    after_business_minutes,
    business_minutes,
    business_time,
    calendar,
    load_calendars,
    next_opening,
)
from tests.factories.locations import FRI, SAT, SUN, closure, hours, make_closure, make_hours, make_location

from .test_opening_by_the_minute import Doorman, cases

CENTRAL = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
OFFICE = calendar(hours=hours("09:00-17:00"), tz=CENTRAL)
LUNCH = calendar(hours=hours("09:00-12:00", "13:00-17:00"), tz=CENTRAL)
NIGHT = calendar(hours=hours("22:00-02:00", days=(FRI, SAT)), tz=CENTRAL)
ALWAYS = calendar(hours=hours("00:00-12:00", "12:00-00:00", days=tuple(range(7))), tz=CENTRAL)
SMALL_HOURS = calendar(hours=hours("01:00-03:00", days=(SUN,)), tz=CENTRAL)
THANKSGIVING = calendar(hours=hours("09:00-17:00"), closures=[closure("2026-11-26", "2026-11-27")], tz=CENTRAL)
EARLY = Rules(hours=hours("07:00-13:00"), closures=[])
LATE = Rules(hours=hours("10:00-19:00"), closures=[])
EITHER = Calendar((EARLY, LATE), CENTRAL)
NO_HOURS = calendar(hours=[], closures=[closure("2026-11-26")], tz=CENTRAL)


def at(text: str, *, fold: int = 0) -> datetime:
    """A time in Alabama, such as 2026-11-25 09:10, as a moment in UTC; `fold=1` is the second time it comes."""
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL, fold=fold).astimezone(UTC)


def test_times_of_one_zone_are_moments_too():
    start, end = (datetime(2026, 3, day, tzinfo=CENTRAL) for day in (8, 9))  # apart by 23 hours
    assert business_minutes(NO_HOURS, start=start, end=end) == business_minutes(ALWAYS, start=start, end=end) == 1380


COUNTED = [
    # 2026-11-25 is a Wednesday.
    ("within a day", OFFICE, "2026-11-25 09:10", "2026-11-25 11:40", 150),
    ("before opening", OFFICE, "2026-11-25 06:00", "2026-11-25 09:30", 30),
    ("over a night", OFFICE, "2026-11-24 16:30", "2026-11-25 09:45", 75),
    ("over a weekend", OFFICE, "2026-11-20 16:00", "2026-11-23 10:00", 120),
    ("only a weekend", OFFICE, "2026-11-21 08:00", "2026-11-22 20:00", 0),
    ("over lunch", LUNCH, "2026-11-25 11:30", "2026-11-25 13:30", 60),
    ("over a closure", THANKSGIVING, "2026-11-25 16:00", "2026-11-30 10:00", 120),
    ("within a closure", THANKSGIVING, "2026-11-26 09:00", "2026-11-27 17:00", 0),
    ("past midnight", NIGHT, "2026-11-20 23:00", "2026-11-21 01:30", 150),
    ("two nights", NIGHT, "2026-11-20 12:00", "2026-11-22 12:00", 480),
    ("from midnight", NIGHT, "2026-11-21 00:00", "2026-11-21 12:00", 120),
    ("a whole week of days and nights", ALWAYS, "2026-11-18 00:00", "2026-11-25 00:00", 7 * 1440),
    ("hour lost in spring", SMALL_HOURS, "2026-03-08 00:00", "2026-03-08 12:00", 60),
    ("hour won in autumn", SMALL_HOURS, "2026-11-01 00:00", "2026-11-01 12:00", 180),
    ("day and night in spring", ALWAYS, "2026-03-08 00:00", "2026-03-09 00:00", 23 * 60),
    ("day and night in autumn", ALWAYS, "2026-11-01 00:00", "2026-11-02 00:00", 25 * 60),
    ("office over spring", OFFICE, "2026-03-06 16:00", "2026-03-09 10:00", 120),
    ("office over autumn", OFFICE, "2026-10-30 16:00", "2026-11-02 10:00", 120),
    ("leap day counts", OFFICE, "2028-02-28 16:00", "2028-03-01 10:00", 60 + 480 + 60),
    ("no leap day", OFFICE, "2027-02-26 16:00", "2027-03-01 10:00", 120),
    ("around new year", OFFICE, "2026-12-31 16:00", "2027-01-01 10:00", 120),
    ("two clinics overlap", EITHER, "2026-11-25 00:00", "2026-11-26 00:00", 12 * 60),
    ("no hours: plain", NO_HOURS, "2026-11-26 00:00", "2026-11-27 00:00", 1440),
    ("no hours, spring", NO_HOURS, "2026-03-08 00:00", "2026-03-09 00:00", 23 * 60),
    ("backwards", OFFICE, "2026-11-25 12:00", "2026-11-25 10:00", 0),
]


@pytest.mark.parametrize(("name", "opening", "start", "end", "minutes"), COUNTED, ids=[row[0] for row in COUNTED])
def test_counted_by_hand(name, opening, start, end, minutes):
    assert business_minutes(opening, start=at(start), end=at(end)) == minutes


@pytest.mark.parametrize(
    ("opening", "start", "minutes", "end"),
    [
        (OFFICE, "2026-11-25 09:10", 240, "2026-11-25 13:10"),
        (OFFICE, "2026-11-25 15:00", 240, "2026-11-26 11:00"),
        (OFFICE, "2026-11-25 13:00", 240, "2026-11-25 17:00"),  # closing time, not the next morning
        (THANKSGIVING, "2026-11-25 15:00", 240, "2026-11-30 11:00"),
        (NIGHT, "2026-11-20 23:00", 120, "2026-11-21 01:00"),
        (NIGHT, "2026-11-22 03:00", 60, "2026-11-27 23:00"),
        (SMALL_HOURS, "2026-03-08 00:00", 61, "2026-03-15 01:01"),
        (OFFICE, "2028-02-28 16:00", 120, "2028-02-29 10:00"),
        (EITHER, "2026-11-25 12:00", 120, "2026-11-25 14:00"),
        (NO_HOURS, "2026-11-25 22:00", 240, "2026-11-26 02:00"),
        (OFFICE, "2026-11-25 22:00", 0, "2026-11-25 22:00"),
    ],
)
def test_when_that_much_time_has_passed(opening, start, minutes, end):
    assert after_business_minutes(opening, start=at(start), minutes=minutes) == at(end)


def test_the_second_one_o_clock_is_an_hour_after_the_first():
    second = at("2026-11-01 01:30", fold=1)
    assert business_minutes(SMALL_HOURS, start=at("2026-11-01 01:30"), end=second) == 60
    assert after_business_minutes(SMALL_HOURS, start=at("2026-11-01 01:30"), minutes=60) == second


@pytest.mark.parametrize(
    ("opening", "after", "opens"),
    [
        (OFFICE, "2026-11-25 08:00", "2026-11-25 09:00"),
        (OFFICE, "2026-11-25 12:00", "2026-11-25 12:00"),
        (OFFICE, "2026-11-25 17:00", "2026-11-26 09:00"),
        (THANKSGIVING, "2026-11-25 17:00", "2026-11-30 09:00"),
        (NIGHT, "2026-11-21 01:00", "2026-11-21 01:00"),
        (EITHER, "2026-11-25 19:00", "2026-11-26 07:00"),
        (NO_HOURS, "2026-11-25 03:00", "2026-11-25 03:00"),
    ],
)
def test_next_opening(opening, after, opens):
    assert next_opening(opening, after=at(after)) == at(opens)


@given(cases())
def test_a_day_and_a_half_against_a_doorman(case):
    rows, closures, now = case
    open_for = calendar(hours=rows, closures=closures, tz=CENTRAL)
    doorman, minutes = Doorman(rows, closures, now), 36 * 60
    counted = sum(doorman.step() for _ in range(minutes))
    assert business_minutes(open_for, start=now, end=now + minutes * MINUTE) == counted


lengths = st.integers(0, 20_000)


@given(cases(), lengths, lengths)
def test_time_adds_up(case, first, second):
    rows, closures, start = case
    open_for = calendar(hours=rows, closures=closures, tz=CENTRAL)
    middle = start + first * MINUTE
    end = middle + second * MINUTE
    parts = business_time(open_for, start=start, end=middle) + business_time(open_for, start=middle, end=end)
    assert parts == business_time(open_for, start=start, end=end) <= end - start


@given(cases(), st.integers(0, 5_000))
def test_the_deadline_is_the_first_moment_at_which_the_time_has_passed(case, minutes):
    rows, closures, start = case
    open_for = calendar(hours=rows, closures=closures, tz=CENTRAL)
    if not any(run for n in range(-1, 15) for run in open_for.starting_on(start.date() + timedelta(days=n))):
        return  # its only stretch lies in the hour that clocks skip, and closures take the rest
    deadline = after_business_minutes(open_for, start=start, minutes=minutes)
    assert business_time(open_for, start=start, end=deadline) == minutes * MINUTE
    if minutes:
        assert business_time(open_for, start=start, end=deadline - timedelta(microseconds=1)) < minutes * MINUTE


@pytest.mark.django_db
@pytest.mark.parametrize("clinics", [1, 4])
def test_all_calendars_take_two_queries(clinics, django_assert_num_queries):
    for number in range(clinics):
        make_hours(make_location(name=f"Clinic {number}"))
    make_closure("2026-11-26")
    with django_assert_num_queries(2):
        load_calendars()


@pytest.mark.django_db
def test_each_clinic_has_its_own_hours_and_whoever_was_not_sure_has_those_of_any():
    early, late, retired, silent = (
        make_location(name="Early"),
        make_location(name="Late"),
        make_location(name="Retired", is_active=False),
        make_location(name="Silent"),
    )
    make_hours(early, "07:00-13:00")
    make_hours(late, "10:00-19:00")
    make_hours(retired, "19:00-23:00")
    make_closure("2026-11-25", location=early)
    make_closure("2026-11-26")
    loaded = load_calendars()

    def minutes(pk, day):
        return business_minutes(loaded.of(pk), start=at(f"{day} 00:00"), end=at(f"{day} 23:59")) / 60

    assert [minutes(pk, "2026-11-24") for pk in (early.pk, late.pk, retired.pk, None)] == [6, 9, 4, 12]
    assert [minutes(pk, "2026-11-25") for pk in (early.pk, late.pk, None)] == [0, 9, 9]
    assert [minutes(pk, "2026-11-26") for pk in (early.pk, late.pk, None)] == [0, 0, 0]
    assert loaded.of(silent.pk).counts_everything


@pytest.mark.django_db
def test_clinics_with_the_same_hours_are_looked_at_once():
    clinics = [make_location(name=f"Clinic {number}") for number in range(5)]
    for number, clinic in enumerate(clinics):
        make_hours(clinic, "10:00-19:00" if number else "08:00-12:00")
    make_closure("2026-11-25", location=make_location(name="Without hours"))
    assert len(load_calendars().anywhere.clinics) == 2
    make_closure("2026-11-25", location=clinics[4])
    assert len(load_calendars().anywhere.clinics) == 3


@pytest.mark.django_db
def test_without_any_hours_every_minute_counts_for_everybody():
    clinic = make_location()
    loaded = load_calendars()
    assert loaded.of(clinic.pk).counts_everything
    assert loaded.of(None).counts_everything
