"""The page of one request: reach the person first, then note what came of it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import Activity, ConsultRequest
from consults.pipeline import note_outcome
from consults.spam import SIGNALS, Client
from tests.factories.consults import (
    PASSWORD,
    make_consent_text,
    make_quarantined_request,
    make_recipient,
    make_request,
    make_staff_user,
)
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

STEPS = ["outcome", "note", "take", "hand_back", "correct_phone", "release", "confirm_spam"]


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


def step_url(step: str, request: ConsultRequest) -> str:
    return reverse(f"admin:consults_{step}", args=[request.pk])


def buttons(response) -> list[str]:
    """The outcomes that the page offers."""
    return [kind for _, kinds in response.context["buttons"] for kind, _ in kinds]


# How to reach the person --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact_by", "links"),
    [
        ("call", ["tel:+1-205-555-0142", "mailto:dana@mail.example"]),
        ("text", ["sms:+1-205-555-0142", "tel:+1-205-555-0142", "mailto:dana@mail.example"]),
        ("email", ["mailto:dana@mail.example", "tel:+1-205-555-0142"]),
    ],
)
def test_the_way_they_chose_comes_first(desk, contact_by, links):
    make_consent_text("text", "You may text me.")
    request = make_request(phone="tel:+1-205-555-0142", contact_by=contact_by, best_time="morning")
    response = desk.get(request.get_absolute_url())
    html = response.content.decode()
    places = [html.index(f'href="{link}"') for link in links]
    assert places == sorted(places)
    assert html.count('class="way first"') == 1
    assert html.count('<a class="way') == len(links)
    text = text_of(response)
    order = ["Dana Whitfield", "Best time: morning", "What came of it?", "What was done", "What they sent"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_do_not_say_the_name_unless_they_allowed_it(desk):
    request = make_request(may_name_clinic=False)
    assert "Do not say the clinic’s name" in text_of(desk.get(request.get_absolute_url()))
    request = make_request(may_name_clinic=True)
    text = text_of(desk.get(request.get_absolute_url()))
    assert "Do not say" not in text
    assert "You may say the clinic’s name" in text


def test_words_in_the_phone_field_are_shown_when_nothing_can_be_dialed(desk):
    request = make_request(phone="", phone_as_typed="call after 5", contact_by="call")
    response = desk.get(request.get_absolute_url())
    assert "In the phone field they wrote: call after 5" in text_of(response)
    assert "tel:" not in response.content.decode()


def test_everything_they_sent_is_there_and_harmless(desk):
    make_consent_text("contact", "We may contact you.")
    make_consent_text("voicemail", "You may say the name.")
    auburn = make_location(name="Auburn")
    desk.user.desk_clinics.add(auburn)
    request = make_request(
        name="<script>alert(1)</script>",
        phone="tel:+1-205-555-0142;ext=7",
        phone_as_typed="205.555.0142 x7",
        email="o'brien?subject=x@mail.example",
        note="Line one\n<b>two</b>",
        location=auburn,
        source="article",
    )
    response = desk.get(request.get_absolute_url())
    text, html = text_of(response), response.content.decode()
    for part in (
        "<script>alert(1)</script>",
        "(205) 555-0142 ext. 7",
        "Phone, as typed 205.555.0142 x7",
        "Line one <b>two</b>",
        "Clinic Auburn",
        "Came from An article",
        "Received Nov. 25, 2026, 9:10 a.m.",
        "Being contacted about the request: yes We may contact you.",
        "Naming the clinic in a voicemail or text: no You may say the name.",
    ):
        assert part in text
    assert "<script>alert" not in html
    assert "<b>two" not in html
    assert 'href="mailto:o%27brien%3Fsubject%3Dx@mail.example"' in html


def test_what_was_typed_is_left_out_when_it_is_the_same(desk):
    request = make_request(phone="tel:+1-205-555-0142", phone_as_typed="(205) 555-0142")
    assert "as typed" not in text_of(desk.get(request.get_absolute_url()))


def test_looking_leaves_an_audit_entry(desk):
    request = make_request()
    desk.get(request.get_absolute_url())
    entry = AuditEntry.objects.get(action="request-viewed")
    assert (entry.subject, entry.actor, entry.at, entry.detail) == (request.subject, desk.user, NOW, {})


def test_who_may_only_look_has_no_buttons(client):
    request, spam = make_request(), make_quarantined_request()
    client.force_login(make_staff_user("consults.view_consultrequest"))
    for asked in (request, spam):
        response = client.get(asked.get_absolute_url())
        assert response.status_code == 200
        assert response.content.decode().count('method="post"') == 1  # signing out
        for step in STEPS:
            assert client.post(step_url(step, asked), {"kind": "reached"}).status_code == 403


# Outcomes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stage", "is_first_contact"),
    [
        ("left_message", "waiting", True),
        ("no_answer", "waiting", False),
        ("reached", "in_touch", True),
        ("booked", "booked", True),
        ("not_a_fit", "closed", True),
        ("wrong_number", "closed", False),
        ("duplicate", "closed", False),
    ],
)
def test_one_click_notes_an_outcome_with_who_and_when(desk, kind, stage, is_first_contact):
    request = make_request(now=NOW - timedelta(hours=1))
    assert kind in buttons(desk.get(request.get_absolute_url()))
    response = desk.post(step_url("outcome", request), {"kind": kind})
    assert (response.status_code, response["Location"]) == (302, request.get_absolute_url())
    request.refresh_from_db()
    assert request.stage == stage
    assert request.first_contact_at == (NOW if is_first_contact else None)
    activity = request.activities.get(kind=kind)
    assert (activity.actor, activity.actor_name, activity.at) == (desk.user, "desk", NOW)
    label = activity.get_kind_display()
    back = " Comes back at 9 am tomorrow." if stage == "waiting" else ""
    assert messages_of(response) == [f"Noted: {label.lower()}.{back}"]
    assert f"{label} Nov. 25, 2026, 9:10 a.m., desk" in text_of(desk.get(request.get_absolute_url()))


def test_a_closed_request_can_only_be_reopened(desk):
    request = make_request()
    note_outcome(request=request, kind="booked", actor=desk.user, now=NOW)
    response = desk.get(request.get_absolute_url())
    assert buttons(response) == ["reopened"]
    assert "Closed: booked" in text_of(response)
    desk.post(step_url("outcome", request), {"kind": "reopened"})
    request.refresh_from_db()
    assert request.stage == "waiting"


@pytest.mark.parametrize("kind", ["reopened", "received", "note", "", "no such thing", "a\0b", "x" * 5000])
def test_a_step_that_is_not_possible_is_answered_in_words(desk, kind):
    request = make_request()
    response = desk.post(step_url("outcome", request), {"kind": kind, "note": "Typed"})
    assert (response.status_code, "Nothing was changed" in text_of(response)) == (409, True)
    assert ">\nTyped</textarea>" in response.content.decode()
    assert list(request.activities.values_list("kind", flat=True)) == ["received"]
    assert desk.post(step_url("outcome", request)).status_code == 409


def test_two_people_at_the_same_request(desk):
    request = make_request()
    note_outcome(request=request, kind="booked", actor=None, now=NOW)
    response = desk.post(step_url("outcome", request), {"kind": "no_answer"}, follow=True)
    assert "somebody may have been faster" in text_of(response)
    request.refresh_from_db()
    assert request.stage == "booked"


def test_steps_are_posts_with_a_token_by_somebody_signed_in(desk):
    request = make_request()
    browser = Browser(enforce_csrf_checks=True)
    browser.login(username="desk", password=PASSWORD)
    mail = OutboxMessage.objects.get()
    pages = {step_url(step, request): request.get_absolute_url() for step in STEPS}
    pages[reverse("admin:consults_send_again", args=[mail.pk])] = "/admin/"
    for path, page in pages.items():
        assert browser.post(path, {"kind": "booked"}).status_code == 403
        for method in (desk.put, desk.delete):
            assert method(path).status_code == 405
        # The sign-in page leads here after a pause that was too long.
        for method in (desk.get, desk.head):
            assert method(path)["Location"] == page
        assert Browser().post(path, {"kind": "booked"})["Location"].startswith("/admin/login/")
    assert desk.post(reverse("admin:consults_outcome", args=[99999]), {"kind": "booked"}).status_code == 404
    assert Activity.objects.count() == 1


def test_what_was_noted_outlives_who_noted_it(desk):
    request = make_request()
    desk.post(step_url("outcome", request), {"kind": "reached"})
    desk.user.delete()
    desk.force_login(User.objects.create_superuser("manager"))
    assert "9:10 a.m., desk" in text_of(desk.get(request.get_absolute_url()))


# Possible spam ------------------------------------------------------------------------------------


def test_why_a_request_was_set_aside_stands_on_its_page_in_words(desk):
    request = make_request(client=Client(trap="x", is_cross_site=True), name="www.spam.example")
    response = desk.get(request.get_absolute_url())
    text = text_of(response)
    assert text.index("Set aside as possible spam") < text.index("Do not say")
    for code, weight in [("trap", 3), ("cross_site", 2), ("link_in_name", 3)]:
        assert f"{SIGNALS[code].words} (weight {weight})" in text
    assert "Together 8. A request is set aside from 3 on" in text
    assert buttons(response) == []
    assert "Release: a real person" in text
    assert "Confirm as spam" in text


def test_release_lets_it_wait_and_tells_staff(desk):
    make_recipient()
    request = make_quarantined_request()
    assert not OutboxMessage.objects.exists()
    desk.post(step_url("release", request))
    request.refresh_from_db()
    assert request.spam_state == "released"
    assert OutboxMessage.objects.get().about == request.subject
    assert request.activities.get(kind="released").actor == desk.user
    assert "reached" in buttons(desk.get(request.get_absolute_url()))


def test_confirmed_spam_can_still_be_released(desk):
    request = make_quarantined_request()
    desk.post(step_url("confirm_spam", request))
    text = text_of(desk.get(request.get_absolute_url()))
    assert "Marked as spam" in text
    assert "Confirm as spam" not in text
    assert "Release: a real person" in text
    desk.post(step_url("release", request))
    assert ConsultRequest.objects.get().spam_state == "released"


def test_a_real_request_is_not_judged(desk):
    request = make_request()
    for step in ("release", "confirm_spam"):
        assert "Nothing was changed" in text_of(desk.post(step_url(step, request), follow=True))
    assert ConsultRequest.objects.get().spam_state == "clean"
