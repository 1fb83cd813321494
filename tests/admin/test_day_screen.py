"""The screen for the day beyond who waits: due again, mine, answered; no open request out of sight."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic_site.core.models import AuditEntry, ClinicIdentity
from consults.handling import take_on
from consults.models import Activity, ConsultRequest
from consults.pipeline import note_outcome
from tests.factories.consults import make_front_desk, make_quarantined_request, make_request
from tests.factories.locations import make_location

from .page import text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # noon
INDEX, LIST = "/admin/", "/admin/consults/consultrequest/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def put_off(name: str, until: datetime, **fields) -> ConsultRequest:
    request = make_request(name=name, now=NOW - timedelta(days=3), **fields)
    note_outcome(request=request, kind="no_answer", actor=None, now=NOW - timedelta(days=2), until=until)
    return request


def part(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end)]


def test_what_is_due_today_stands_there_what_is_overdue_first(desk):
    put_off("Later Today", NOW + timedelta(hours=3))
    put_off("Long Overdue", NOW - timedelta(hours=20))
    put_off("Last Minute", datetime(2026, 11, 26, 5, 59, tzinfo=UTC))
    put_off("First Of Tomorrow", datetime(2026, 11, 26, 6, 0, tzinfo=UTC))
    text = text_of(desk.get(INDEX))
    due = part(text, "3 due again today", "come back" if "come back" in text else "comes back")
    names = [due.index(name) for name in ("Long Overdue", "Later Today", "Last Minute")]
    assert names == sorted(names)
    assert "1 is past the time set." in due
    assert "4 pm yesterday Last: No answer, noon on Monday, November 23" in due
    assert "First Of Tomorrow" not in text
    assert "1 comes back on later days" in text
    assert "Nobody is waiting" in text


def test_midnight_on_the_clinic_s_clock_decides_what_is_today(desk, clock):
    put_off("After Midnight", datetime(2026, 11, 26, 6, 0, tzinfo=UTC))
    clock.move_to(datetime(2026, 11, 26, 5, 59, 59, tzinfo=UTC))
    assert "Nothing is due again today" in text_of(desk.get(INDEX))
    clock.move_to(datetime(2026, 11, 26, 6, 0, tzinfo=UTC))
    assert "1 due again today 1 is past the time set." in text_of(desk.get(INDEX))


def test_mine_are_the_open_ones_that_i_took_on(desk):
    sam = make_front_desk(username="sam")
    mine, theirs, done = make_request(name="Mine"), make_request(name="Theirs"), make_request(name="Done")
    for request, who in ((mine, desk.user), (theirs, sam), (done, desk.user)):
        take_on(request=request, actor=who, now=NOW)
    note_outcome(request=mine, kind="reached", actor=desk.user, now=NOW)
    note_outcome(request=done, kind="booked", actor=desk.user, now=NOW - timedelta(days=1))
    text = text_of(desk.get(INDEX))
    own = part(text, "1 is mine", "answered today")
    assert "Mine" in own
    assert "No day set Last: Reached, noon today" in own
    assert "Theirs" not in own
    assert "Theirs with sam" in text
    assert "1 in touch, with no day set" in text


def test_answered_today_are_those_contacted_or_finished_since_midnight(desk):
    for name, kind, at in (
        ("Booked Today", "booked", NOW),
        ("Message Today", "left_message", NOW - timedelta(hours=11)),
        ("Closed Today", "wrong_number", NOW),
        ("Only Tried", "no_answer", NOW),
        ("Booked Yesterday", "booked", NOW - timedelta(hours=13)),
    ):
        request = make_request(name=name, now=NOW - timedelta(days=2))
        note_outcome(request=request, kind=kind, actor=None, now=at)
    text = text_of(desk.get(INDEX))
    answered = part(text, "3 answered today", "Everything else")
    assert "Booked Today Booked noon today" in answered
    assert "Message Today Message left 1 am today" in answered
    assert "Closed Today Closed" in answered
    assert "Only Tried" not in answered
    assert "Booked Yesterday" not in text


def test_no_open_request_is_out_of_sight(desk):
    """Every open request is listed, or counted with a link that leads to just those."""
    for number in range(52):
        make_request(name=f"Waits {number}")
        put_off(f"Due {number}", NOW + timedelta(hours=1))
    for number in range(3):
        put_off(f"Later {number}", NOW + timedelta(days=2))
        note_outcome(request=make_request(), kind="reached", actor=None, now=NOW)
    shown = desk.get(INDEX).context["desk"]
    assert (shown.waiting.total, shown.waiting.more, shown.due.total, shown.due.more) == (52, 2, 52, 2)
    assert (shown.later, shown.no_day) == (3, 3)
    for url, number in (
        (shown.waiting.url, 52),
        (shown.due.url, 52),
        (f"{LIST}?due=later", 3),
        (f"{LIST}?due=unset", 3),
        (shown.answered.url, 3),
        (shown.mine.url, 0),
    ):
        assert desk.get(url).context["cl"].result_count == number, url


def test_one_audit_entry_names_everybody_shown_once(desk):
    waits, due = make_request(), put_off("Due", NOW + timedelta(hours=1))
    take_on(request=waits, actor=desk.user, now=NOW)
    make_quarantined_request()
    desk.get(INDEX)
    entry = AuditEntry.objects.get(action="waiting-viewed")
    assert entry.detail == {"requests": [waits.reference, due.reference]}


def test_the_promise_stands_beside_the_age_when_there_is_one(desk):
    make_request(now=NOW - timedelta(hours=2))
    assert "left" not in text_of(desk.get(INDEX))
    ClinicIdentity.objects.create(name="The clinic", answer_within_hours=4)
    assert "2 hours 2 hours left" in text_of(desk.get(INDEX))


def test_another_clinic_s_requests_are_in_no_section(client):
    here, there = make_location(name="Birmingham"), make_location(name="Auburn")
    user = make_front_desk(here)
    client.force_login(user)
    put_off("Hidden Due", NOW + timedelta(hours=1), location=there)
    make_request(name="Hidden Waiting", location=there)
    taken, booked = make_request(name="Hidden Mine", location=there), make_request(name="Hidden Done", location=there)
    take_on(request=taken, actor=user, now=NOW)
    note_outcome(request=booked, kind="booked", actor=user, now=NOW)
    assert "Hidden" not in text_of(client.get(INDEX)).split("What you did lately")[0]


def many(number: int) -> None:
    """Store requests of every kind, by the thousand."""
    location = make_location(name=f"Clinic {ConsultRequest.objects.count()}", is_active=False)
    start = ConsultRequest.objects.count()
    requests = ConsultRequest.objects.bulk_create(
        [
            ConsultRequest(
                reference=f"{place:08}",
                asked_at=NOW,
                last_asked_at=NOW,
                waiting_since=NOW,
                location=[None, location][place % 2],
                name="Dana Whitfield",
                phone="tel:+1-205-555-0142",
                phone_hash="x" * 64,
                contact_by="call",
                source="consult",
                stage=["waiting", "waiting", "in_touch", "booked"][place % 4],
                first_contact_at=NOW if place % 4 > 1 else None,
                finished_at=NOW if place % 4 == 3 else None,
                next_action_at=NOW if place % 4 == 1 else None,
                fingerprint=f"{place:064}",
            )
            for place in range(start, start + number)
        ]
    )
    Activity.objects.bulk_create([Activity(request=request, kind="no_answer", at=NOW) for request in requests])


@pytest.mark.parametrize("path", [INDEX, LIST, f"{LIST}?due=today", f"{LIST}?person={'x' * 64}"])
def test_it_asks_the_database_as_often_for_3000_rows_as_for_a_few(manager, path):
    counts = []
    for number in (12, 2988):
        many(number)
        with CaptureQueriesContext(connection) as queries:
            assert manager.get(path, follow=True).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
