"""What staff do at a request: put it off, write a note, own it, correct a phone; and never over each other."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic_site.core.models import AuditEntry
from consults.handling import add_note, take_on
from consults.models import Activity, ConsultRequest, OpenedRequest
from consults.models.request import phone_hash
from consults.pipeline import note_outcome
from tests.factories.consults import make_front_desk, make_quarantined_request, make_request
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

STEPS = ["outcome", "note", "take", "hand_back", "correct_phone", "release", "confirm_spam"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sam(db):
    return make_front_desk(username="sam", first_name="Sam", last_name="Sample")


def url(step: str, request: ConsultRequest) -> str:
    return reverse(f"admin:consults_{step}", args=[request.pk])


def newest(request: ConsultRequest) -> Activity:
    return request.activities.order_by("pk").last()


def fresh(request: ConsultRequest) -> ConsultRequest:
    return ConsultRequest.objects.get(pk=request.pk)


# Putting off --------------------------------------------------------------------------------------


def test_try_again_at_a_time_of_one_s_choice(desk):
    request = make_request()
    response = desk.post(url("outcome", request), {"kind": "try_again", "until": "2026-11-30T14:30", "note": "At work"})
    until = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)
    activity = newest(request)
    assert (activity.kind, activity.until, activity.note) == ("try_again", until, "At work")
    assert (fresh(request).next_action_at, fresh(request).stage) == (until, "waiting")
    assert messages_of(response) == ["Noted: try again later. Comes back at 2:30 pm on Monday, November 30."]
    assert "Try again at 2:30 pm on Monday, November 30" in text_of(desk.get(request.get_absolute_url()))


def test_one_button_puts_off_to_the_next_working_morning(desk, clock):
    clock.move_to(datetime(2026, 11, 27, 16, tzinfo=UTC))  # a Friday
    request = make_request()
    assert "Try again at 9 am on Monday, November 30" in text_of(desk.get(request.get_absolute_url()))
    desk.post(url("outcome", request), {"kind": "morning", "until": "rubbish"})
    assert fresh(request).next_action_at == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert newest(request).kind == "try_again"


@pytest.mark.parametrize("kind", ["no_answer", "left_message", "reached"])
def test_a_chosen_time_goes_with_any_outcome_that_leaves_it_open(desk, kind):
    request = make_request()
    desk.post(url("outcome", request), {"kind": kind, "until": "2026-11-27T10:00"})
    assert fresh(request).next_action_at == datetime(2026, 11, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["booked", "not_a_fit", "wrong_number", "duplicate"])
def test_what_ends_a_request_needs_no_time_and_minds_none(desk, kind):
    request = make_request()
    desk.post(url("outcome", request), {"kind": kind, "until": "rubbish"})
    assert (newest(request).kind, newest(request).until, fresh(request).next_action_at) == (kind, None, None)


def test_a_later_no_answer_does_not_undo_that_somebody_was_reached(desk):
    request = make_request()
    for kind in ("reached", "no_answer"):
        desk.post(url("outcome", request), {"kind": kind})
    assert fresh(request).stage == "in_touch"


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("", "Choose when to try again"),
        ("2026-11-25T09:10", "That time has passed. Choose a later one"),
        ("1999-01-01T00:00", "That time has passed. Choose a later one"),
        ("0001-01-01T00:00", "That time has passed. Choose a later one"),
        ("2027-02-24T09:00", "Choose a time within the next 90 days"),
        ("9999-12-31T23:59", "Choose a time within the next 90 days"),
        ("soon", "Enter a day and a time, such as 11/30/2026 2:30 pm"),
        ("2026-13-45T99:99", "Enter a day and a time, such as 11/30/2026 2:30 pm"),
        ("9" * 5000, "Enter a day and a time, such as 11/30/2026 2:30 pm"),
        ("a\0b", "Remove the unreadable characters and try again"),
    ],
)
def test_a_time_that_cannot_be_is_answered_in_words_and_keeps_the_note(desk, until, words):
    request = make_request()
    response = desk.post(url("outcome", request), {"kind": "try_again", "until": until, "note": "Typed by hand"})
    assert response.status_code == 422
    assert words in text_of(response)
    assert "Typed by hand</textarea>" in response.content.decode()
    assert newest(request).kind == "received"


@pytest.mark.parametrize(("text", "hour"), [("11/30/2026 2:30 pm", 20), ("2026-11-30 08:30", 14)])
def test_a_time_may_be_typed(desk, text, hour):
    request = make_request()
    desk.post(url("outcome", request), {"kind": "try_again", "until": text})
    assert fresh(request).next_action_at == datetime(2026, 11, 30, hour, 30, tzinfo=UTC)


def test_a_time_that_the_clock_skips_is_taken_as_the_next_it_shows(desk, clock):
    clock.move_to(datetime(2027, 3, 13, 18, tzinfo=UTC))
    desk.force_login(desk.user)
    request = make_request(now=datetime(2027, 3, 13, 17, tzinfo=UTC))
    response = desk.post(url("outcome", request), {"kind": "try_again", "until": "2027-03-14T02:30"})
    assert messages_of(response) == ["Noted: try again later. Comes back at 3:30 am tomorrow."]


# Notes --------------------------------------------------------------------------------------------


def test_a_note_alone_changes_nothing_else_and_is_encrypted(desk):
    request = make_request()
    before = ConsultRequest.objects.values().get()
    desk.post(url("note", request), {"note": "Rings twice\r\nthen voicemail"})
    activity = newest(request)
    assert (activity.kind, activity.note, activity.actor) == ("note", "Rings twice\nthen voicemail", desk.user)
    assert ConsultRequest.objects.values().get() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM consults_activity WHERE kind = 'note'")
        assert "Rings" not in cursor.fetchone()[0]
    assert "Rings twice then voicemail" in text_of(desk.get(request.get_absolute_url()))
    assert "Rings" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("", "Write the note first"),
        (" \r\n ", "Write the note first"),
        ("x" * 501, "The note must be 500 characters or fewer; it has 501"),
        ("a\0b", "Remove the unreadable characters and try again"),
    ],
)
def test_a_note_that_cannot_be_kept_is_answered_in_words(desk, note, words):
    request = make_request()
    response = desk.post(url("note", request), {"note": note})
    assert (response.status_code, words in text_of(response)) == (422, True)
    assert newest(request).kind == "received"
    if note:
        assert desk.post(url("outcome", request), {"kind": "booked", "note": note}).status_code in (302, 422)


def test_a_note_of_just_500_characters_with_line_breaks_is_kept(desk):
    """Browsers count a line break once, and send two characters for it."""
    request = make_request()
    desk.post(url("note", request), {"note": "a\r\n" * 249 + "ab"})
    assert len(newest(request).note) == 500


# Whose it is --------------------------------------------------------------------------------------


def test_taking_on_and_handing_back(desk):
    request = make_request()
    assert messages_of(desk.post(url("take", request))) == ["You took it on."]
    assert (fresh(request).owner, newest(request).kind) == (desk.user, "taken")
    assert "Owner You Hand it back" in text_of(desk.get(request.get_absolute_url()))
    assert desk.post(url("take", request)).status_code == 409
    desk.post(url("hand_back", request))
    assert (fresh(request).owner, newest(request).kind) == (None, "handed_back")
    assert desk.post(url("hand_back", request)).status_code == 409


def test_taking_over_from_somebody_says_so(desk, sam):
    request = make_request()
    take_on(request=request, actor=sam, now=NOW)
    assert "Take it on from Sam Sample" in text_of(desk.get(request.get_absolute_url()))
    assert desk.post(url("hand_back", request)).status_code == 409
    assert messages_of(desk.post(url("take", request)))[-1] == "You took it on from Sam Sample."
    assert "Until now with Sam Sample." in text_of(desk.get(request.get_absolute_url()))


def test_what_is_finished_or_set_aside_is_not_taken_on(desk):
    finished, spam = make_request(), make_quarantined_request()
    note_outcome(request=finished, kind="booked", actor=None, now=NOW)
    for request in (finished, spam):
        assert desk.post(url("take", request)).status_code == 409
        assert fresh(request).owner is None


# The phone ----------------------------------------------------------------------------------------


def test_a_phone_is_corrected_and_what_was_typed_stays(desk):
    request = make_request(phone="", phone_as_typed="five five five, oh one four two")
    desk.post(url("correct_phone", request), {"phone": "(205) 555-0142"})
    request = fresh(request)
    assert request.phone == "tel:+1-205-555-0142"
    assert request.phone_hash == phone_hash("tel:+1-205-555-0142")
    assert request.phone_as_typed == "five five five, oh one four two"
    page = desk.get(request.get_absolute_url())
    assert 'href="tel:+1-205-555-0142"' in page.content.decode()
    assert "Phone, as typed five five five, oh one four two" in text_of(page)
    assert "555-0142" not in str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(action="request-phone-corrected", subject=request.subject).count() == 1
    desk.post(url("correct_phone", request), {"phone": "205-555-0143"})
    assert (newest(request).kind, newest(request).note) == ("phone_corrected", "Until now: (205) 555-0142")


@pytest.mark.parametrize("phone", ["", "555", "call me", "a\0b", "9" * 500, "205-555-0142", "\u202e"])
def test_a_number_that_is_none_is_refused_and_stands_in_its_box(desk, phone):
    request = make_request(phone="tel:+1-205-555-0142")
    response = desk.post(url("correct_phone", request), {"phone": phone})
    assert response.status_code == 422
    assert "Nothing was noted yet" in text_of(response)
    assert response.context["phone_form"]["phone"].value() == phone
    assert fresh(request).phone == "tel:+1-205-555-0142"


# Two people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["outcome", "note", "take", "correct_phone"])
def test_nothing_is_written_over_what_somebody_else_did(desk, sam, step):
    request = make_request()
    seen = desk.get(request.get_absolute_url()).context["seen"]
    add_note(request=request, actor=sam, now=NOW, note="She rang back")
    post = {"seen": seen, "kind": "booked", "note": "Mine, typed", "phone": "205-555-0199"}
    response = desk.post(url(step, request), post)
    assert response.status_code == 409
    text = text_of(response)
    assert "Nothing was noted: somebody else was here sam: note, 9:10 am today. “She rang back”" in text
    if step in ("outcome", "note"):
        assert "Mine, typed</textarea>" in response.content.decode()
    assert newest(request).actor == sam
    # The page now knows what Sam did: the next press counts.
    again = desk.post(url(step, request), {**post, "seen": response.context["seen"]})
    assert again.status_code == 302
    assert newest(request).actor == desk.user


def test_one_s_own_steps_in_another_tab_are_in_nobody_s_way(desk):
    request = make_request()
    seen = desk.get(request.get_absolute_url()).context["seen"]
    desk.post(url("note", request), {"seen": seen, "note": "One"})
    assert desk.post(url("outcome", request), {"seen": seen, "kind": "reached"}).status_code == 302


@pytest.mark.parametrize("step", ["release", "confirm_spam"])
def test_judging_spam_is_fenced_too(desk, sam, step):
    request = make_quarantined_request()
    seen = desk.get(request.get_absolute_url()).context["seen"]
    add_note(request=request, actor=sam, now=NOW, note="Real, I think")
    assert desk.post(url(step, request), {"seen": seen}).status_code == 409
    assert fresh(request).spam_state == "quarantined"


@pytest.mark.parametrize("seen", ["", "x", "-1", "1.5", "٣", "9" * 400, "a\0b"])
def test_a43_what_nobody_can_have_seen_is_answered_with_the_page(desk, seen):
    request = make_request()
    response = desk.post(url("outcome", request), {"seen": seen, "kind": "booked"})
    assert (response.status_code, fresh(request).stage) == (409, "waiting")


def test_every_form_on_the_page_says_what_it_saw(desk):
    for request in (make_request(), make_quarantined_request()):
        html = desk.get(request.get_absolute_url()).content.decode()
        steps = html.count(f' action="/admin/consults/consultrequest/{request.pk}/')
        assert steps == html.count('name="seen"') > 1


# Who else has it open -----------------------------------------------------------------------------


def test_a_second_person_is_told_who_has_it_open(desk, client_of_sam, clock):
    request = make_request()
    client_of_sam.get(request.get_absolute_url())
    clock.shift(timedelta(minutes=9))
    assert "Sam Sample has had this request open since 9:10 am today" in text_of(desk.get(request.get_absolute_url()))
    clock.shift(timedelta(minutes=2))
    assert "has had this request open" not in text_of(desk.get(request.get_absolute_url()))


def test_who_noted_an_outcome_has_it_open_no_longer(desk, client_of_sam, clock):
    request = make_request()
    client_of_sam.get(request.get_absolute_url())
    client_of_sam.post(url("outcome", request), {"kind": "no_answer"}, follow=True)
    assert not OpenedRequest.objects.filter(user__username="sam").exists()
    assert "has had this request open" not in text_of(desk.get(request.get_absolute_url()))
    clock.shift(timedelta(minutes=2))
    client_of_sam.get(request.get_absolute_url())
    assert "Sam Sample has had" in text_of(desk.get(request.get_absolute_url()))


def test_nobody_is_warned_of_themselves(desk):
    request = make_request()
    for _ in range(2):
        assert "has had this request open" not in text_of(desk.get(request.get_absolute_url()))
    assert OpenedRequest.objects.count() == 1


@pytest.fixture
def client_of_sam(sam):
    from django.test import Client

    client = Client()
    client.force_login(sam)
    return client


# The same person ----------------------------------------------------------------------------------


def test_earlier_requests_of_the_same_phone_or_address_are_linked(desk):
    elsewhere = make_location(name="Elsewhere")
    phone = {"phone": "tel:+1-205-555-0142", "email": ""}
    earlier = make_request(now=NOW - timedelta(days=9), **phone)
    note_outcome(request=earlier, kind="wrong_number", actor=None, now=NOW)
    hidden = make_request(location=elsewhere, now=NOW - timedelta(days=5), **phone)
    request = make_request(phone="tel:+1-205-555-0142", email="DANA@mail.example")
    by_mail = make_request(phone="tel:+1-205-555-0177", email="dana@MAIL.example", contact_by="email")
    stranger = make_request(email="other@mail.example")
    response = desk.get(request.get_absolute_url())
    text = text_of(response)
    assert f"{earlier.spoken_reference} earlier, Nov. 16, 2026, 9:10 a.m.: Closed" in text
    assert f"{by_mail.spoken_reference} later" in text
    for other in (hidden, stranger):
        assert other.spoken_reference not in text
    entry = AuditEntry.objects.get(action="request-viewed")
    assert set(entry.detail["related"]) == {earlier.spoken_reference, by_mail.spoken_reference}


def test_the_page_asks_the_database_as_often_for_many_others_as_for_two(desk):
    counts = []
    for number in (2, 30):
        for _ in range(number):
            request = make_request(name=f"Person {number}", email="same@mail.example")
            add_note(request=request, actor=desk.user, now=NOW, note="x")
        with CaptureQueriesContext(connection) as queries:
            response = desk.get(request.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "?person=" in response.context["all_others_url"]


# Other clinics, other input -----------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_another_clinic_s_request_is_not_there(client, step):
    here, there = make_location(name="Birmingham"), make_location(name="Auburn")
    request, spam = make_request(location=there), make_quarantined_request(location=there)
    client.force_login(make_front_desk(here))
    for asked in (request, spam):
        for method in (client.post, client.get):
            assert method(url(step, asked), {"kind": "booked", "note": "x", "phone": "205-555-0142"}).status_code == 404
    assert Activity.objects.count() == 2
    assert client.post(f"/admin/consults/consultrequest/{'9' * 40}/{step.replace('_', '-')}/").status_code == 404


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=\xe9", b"--x\r\nfoo"),
        ("application/json", b'{"kind": "booked"}'),
        ("application/x-www-form-urlencoded; charset=utf-16", b"kind=booked"),
        ("application/x-www-form-urlencoded; charset=bogus", b"kind=%ff%00&note=%00&until=%00&phone=%00&seen=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1500))),
        ("application/x-www-form-urlencoded", b"kind=booked&kind=no_such&note=a&note=b&seen=1&seen=2"),
        ("application/x-www-form-urlencoded", b"note=" + b"x" * 2_000_000),
        ("application/x-www-form-urlencoded", b""),
    ],
)
def test_a43_rubbish_is_refused_not_a_fault(desk, step, content_type, body):
    request = make_request()
    desk.raise_request_exception = False
    response = desk.generic("POST", url(step, request), body, content_type=content_type)
    assert response.status_code in (302, 400, 409, 413, 422)
