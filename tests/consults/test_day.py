"""The clinic's day: midnight, and the nights on which the clock jumps."""

from datetime import UTC, datetime, timedelta

import pytest

from consults.day import day_bounds, local_moment, moment_text
from consults.models import ConsultRequest
from consults.pipeline import next_morning
from tests.factories.locations import make_closure, make_hours, make_location


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        (utc(2026, 11, 26, 5, 59), utc(2026, 11, 25, 6), utc(2026, 11, 26, 6)),  # 11:59 pm
        (utc(2026, 11, 26, 6, 0), utc(2026, 11, 26, 6), utc(2026, 11, 27, 6)),  # midnight
        (utc(2026, 3, 8, 18), utc(2026, 3, 8, 6), utc(2026, 3, 9, 5)),  # 23 hours
        (utc(2026, 11, 1, 18), utc(2026, 11, 1, 5), utc(2026, 11, 2, 6)),  # 25 hours
    ],
)
def test_the_day_runs_from_midnight_to_midnight_on_the_clinic_s_clock(now, start, end):
    assert day_bounds(now=now) == (start, end)


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        (datetime(2026, 11, 27, 9), utc(2026, 11, 27, 15)),
        (datetime(2026, 3, 8, 2, 30), utc(2026, 3, 8, 8, 30)),  # skipped: shown as 3:30
        (datetime(2026, 11, 1, 1, 30), utc(2026, 11, 1, 6, 30)),  # shown twice: the first
    ],
)
def test_a_time_on_the_wall_is_one_moment(wall, moment):
    assert local_moment(wall) == moment


def test_a_skipped_time_is_shown_as_the_clock_shows_it():
    assert moment_text(local_moment(datetime(2026, 3, 8, 2, 30)), now=utc(2026, 3, 8, 6)) == "3:30 am today"


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (utc(2026, 11, 25, 15), utc(2026, 11, 26, 15)),  # Wednesday: Thursday
        (utc(2026, 11, 27, 15), utc(2026, 11, 30, 15)),  # Friday: Monday
        (utc(2026, 11, 28, 5, 59), utc(2026, 11, 30, 15)),  # Friday, a minute to midnight
        (utc(2026, 11, 29, 15), utc(2026, 11, 30, 15)),  # Sunday
        (utc(2026, 3, 6, 20), utc(2026, 3, 9, 14)),  # over the night that the clock jumps
    ],
)
def test_without_hours_the_next_working_morning_is_nine_on_a_weekday(db, now, morning):
    assert next_morning(ConsultRequest(), now=now) == morning


def test_a_clinic_that_closes_for_months_looks_at_it_after_ninety_days(db):
    location = make_location()
    make_hours(location)
    make_closure("2026-11-01", "2027-10-01", location=location)
    now = utc(2026, 11, 25, 15)
    assert next_morning(ConsultRequest(location=location), now=now) == now + timedelta(days=90)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(0), "9:10 am today"),
        (timedelta(hours=14, minutes=49), "11:59 pm today"),
        (timedelta(hours=14, minutes=50), "midnight tomorrow"),
        (timedelta(days=-1), "9:10 am yesterday"),
        (timedelta(days=5), "9:10 am on Monday, November 30"),
    ],
)
def test_moments_are_said_as_people_say_them(ahead, words):
    now = utc(2026, 11, 25, 15, 10)
    assert moment_text(now + ahead, now=now) == words
