"""The clock of a request, in the clinic's own hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User

from consults.clock import is_night, minutes_to_contact, next_working_morning, promise
from consults.models import ConsultRequest
from consults.pipeline import note_outcome
from locations.business_time import load_calendars
from tests.factories.consults import make_request
from tests.factories.locations import make_closure, make_hours, make_location

pytestmark = pytest.mark.django_db
CENTRAL = ZoneInfo("America/Chicago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


@pytest.fixture
def clinic():
    clinic = make_location()
    make_hours(clinic)
    return clinic


def stands(request, *, hours=4, now):
    return promise(request, hours=hours, calendars=load_calendars(), now=at(now))


@pytest.mark.parametrize(
    ("now", "sentence", "is_broken"),
    [
        ("2026-11-24 15:00", "4 opening hours left", False),
        ("2026-11-24 16:59", "2 opening hours left", False),
        ("2026-11-24 23:00", "2 opening hours left", False),
        ("2026-11-25 09:30", "1 opening hour left", False),
        ("2026-11-25 10:20", "40 opening minutes left", False),
        ("2026-11-25 10:59", "1 opening minute left", False),
        ("2026-11-25 11:00", "promise broken just now", True),
        ("2026-11-25 14:00", "promise broken 3 opening hours ago", True),
        ("2026-11-26 12:00", "promise broken 6 opening hours ago", True),  # closed: nothing is added
    ],
)
def test_a_promise_is_counted_in_opening_hours(clinic, now, sentence, is_broken):
    make_closure("2026-11-26", "2026-11-27")
    standing = stands(make_request(location=clinic, now=at("2026-11-24 15:00")), now=now)
    assert standing.deadline == at("2026-11-25 11:00")
    assert (standing.sentence, standing.is_broken) == (sentence, is_broken)


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("2026-12-25 11:00", "promise broken 176 opening hours ago"),
        ("2026-12-25 11:01", "promise broken 30 days ago"),
        ("2029-11-25 11:00", "promise broken 1096 days ago"),
    ],
)
def test_a_promise_that_was_broken_long_ago_is_told_in_days_and_no_day_is_looked_up(clinic, now, sentence):
    request = make_request(location=clinic, now=at("2026-11-24 15:00"))
    calendars = load_calendars()
    standing = promise(request, hours=4, calendars=calendars, now=at(now))
    assert standing.is_broken
    assert standing.sentence == sentence
    assert len(calendars.of(clinic.pk)._days) < 40


def test_a_clinic_without_hours_counts_plain_hours():
    standing = stands(make_request(location=make_location(), now=at("2026-11-24 22:00")), now="2026-11-25 00:30")
    assert (standing.deadline, standing.sentence) == (at("2026-11-25 02:00"), "1 hour left")


@pytest.mark.parametrize(
    ("now", "sentence"),
    [("2026-11-27 01:59", "promise broken 47 hours ago"), ("2026-11-27 02:00", "promise broken 2 days ago")],
)
def test_plain_hours_become_days_when_they_are_many(now, sentence):
    assert stands(make_request(location=make_location(), now=at("2026-11-24 22:00")), now=now).sentence == sentence


def test_whoever_was_not_sure_is_answered_while_any_clinic_is_open(clinic):
    make_hours(make_location(name="Auburn"), "17:00-20:00")
    assert stands(make_request(now=at("2026-11-24 15:00")), now="2026-11-24 15:00").deadline == at("2026-11-24 19:00")


def test_there_is_no_promise_where_none_was_made_or_the_person_no_longer_waits_for_it(clinic):
    request = make_request(location=clinic, now=at("2026-11-24 15:00"))
    assert stands(request, hours=None, now="2026-11-24 16:00") is None
    request.stage = ConsultRequest.Stage.CLOSED
    assert stands(request, now="2026-11-24 16:00") is None
    request.stage, request.first_contact_at = ConsultRequest.Stage.WAITING, at("2026-11-24 15:30")
    assert stands(request, now="2026-11-24 16:00") is None


def test_asking_again_after_an_end_starts_the_clock_anew(clinic):
    request = make_request(location=clinic, now=at("2026-11-02 15:00"))
    request.waiting_since = at("2026-11-24 09:00")
    assert stands(request, now="2026-11-24 09:00").deadline == at("2026-11-24 13:00")


def test_the_first_contact_keeps_the_opening_minutes_it_took(clinic):
    desk = User.objects.create_user("desk")
    make_closure("2026-11-26")
    request = make_request(location=clinic, now=at("2026-11-25 16:30"))
    note_outcome(request=request, kind="no_answer", actor=desk, now=at("2026-11-25 16:40"))
    request.refresh_from_db()
    assert request.answered_minutes is None
    note_outcome(request=request, kind="left_message", actor=desk, now=at("2026-11-27 09:15"))
    note_outcome(request=request, kind="reached", actor=desk, now=at("2026-11-27 12:00"))
    request.refresh_from_db()
    assert request.answered_minutes == 45
    assert minutes_to_contact(request, calendars=load_calendars(), at=at("2026-11-27 09:15")) == 45


@pytest.mark.parametrize(
    ("stretch", "now", "morning"),
    [
        ("09:00-17:00", "2026-11-24 15:00", "2026-11-25 09:00"),
        ("09:00-17:00", "2026-11-24 05:00", "2026-11-25 09:00"),  # after today
        ("09:00-17:00", "2026-11-25 15:00", "2026-11-30 09:00"),  # over the closure and the weekend
        ("00:00-12:00 12:00-00:00", "2026-11-24 15:00", "2026-11-25 07:00"),
        (None, "2026-11-24 15:00", "2026-11-25 09:00"),
        (None, "2026-11-20 15:00", "2026-11-23 09:00"),
        (None, "2026-10-31 23:59", "2026-11-02 09:00"),  # the clocks change in between
    ],
)
def test_the_next_working_morning(stretch, now, morning):
    clinic = make_location()
    if stretch:
        make_hours(clinic, *stretch.split())
    make_closure("2026-11-26", "2026-11-27")
    assert next_working_morning(clinic.pk, calendars=load_calendars(), now=at(now)) == at(morning)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-07-01", "2026-11-01"])
def test_the_night_lasts_from_eight_to_seven_whatever_clocks_do(day):
    hours = {"00:00": True, "01:30": True, "06:59": True, "07:00": False, "19:59": False, "20:00": True}
    assert {text: is_night(at(f"{day} {text}")) for text in hours} == hours
    assert is_night(at(f"{day} 20:00") + timedelta(hours=10))
