"""A person takes a consent back: staff record it once, and the request's page keeps to it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from clinic_site.core.models import AuditEntry
from consults.consents import withdraw
from consults.intake import receive_consult
from consults.models import Consent, ConsultRequest
from consults.spam import Client
from tests.factories.consults import PASSWORD, make_consent_text, make_request, make_staff_user
from tests.factories.locations import make_location
from tests.factories.posts import NOW, make_answers

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def next_day():
    for purpose, body in [("contact", "You may contact me."), ("voicemail", "Say it."), ("text", "You may text me.")]:
        make_consent_text(purpose, body)
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def asked() -> ConsultRequest:
    return make_request(phone="tel:+1-205-555-0142", contact_by="text", may_name_clinic=True)


def url(asked: ConsultRequest, consent: Consent) -> str:
    return reverse("admin:consults_withdraw", args=[asked.pk, consent.pk])


def take_back(browser, asked: ConsultRequest, purpose: str):
    return browser.post(url(asked, asked.consents.get(text__purpose=purpose)))


def test_the_page_says_which_words_were_shown_beside_which_box(desk, asked):
    text = text_of(desk.get(asked.get_absolute_url()))
    start = text.index("What they agreed to")
    assert "Being contacted about the request: yes You may contact me." in text[start:]
    assert "agreed to by sending the form" in text[start:]
    assert "Text messages: yes You may text me." in text[start:]
    assert "beside a box of its own on the form (may_text)" in text[start:]
    assert "beside a box of its own on the form (may_name_clinic)" in text[start:]
    assert "Nov. 25, 2026, 9:10 a.m." in text[start:]


def test_text_messages_taken_back_are_no_longer_offered(desk, asked):
    assert 'href="sms:' in desk.get(asked.get_absolute_url()).content.decode()
    response = take_back(desk, asked, "text")
    assert (response.status_code, response["Location"]) == (302, asked.get_absolute_url())
    assert messages_of(response) == ["Recorded as withdrawn: text messages."]
    page = desk.get(asked.get_absolute_url())
    assert 'href="sms:' not in page.content.decode()
    assert 'href="tel:+1-205-555-0142"' in page.content.decode()
    assert "Text messages: taken back" in text_of(page)
    consent = asked.consents.get(text__purpose="text")
    assert (consent.is_given, consent.withdrawn_at) == (True, LATER)
    activity = asked.activities.get(kind="consent_withdrawn")
    assert (activity.note, activity.actor, activity.at) == ("Text messages", desk.user, LATER)
    entry = AuditEntry.objects.get(action="request-consent-withdrawn")
    assert (entry.subject, entry.actor) == (asked.subject, desk.user)
    assert entry.detail == {"consent": consent.pk, "purpose": "text"}


def test_the_clinic_is_no_longer_named(desk, asked):
    take_back(desk, asked, "voicemail")
    asked.refresh_from_db()
    assert not asked.may_name_clinic
    assert "Do not say the clinic’s name" in text_of(desk.get(asked.get_absolute_url()))


def test_who_takes_contact_back_is_not_contacted_and_staff_close_it(desk, asked):
    take_back(desk, asked, "contact")
    page = desk.get(asked.get_absolute_url())
    html = page.content.decode()
    assert "Do not contact" in text_of(page)
    for link in ('href="tel:+1-205-555-0142"', 'href="sms:', 'href="mailto:'):
        assert link not in html
    asked.refresh_from_db()
    assert asked.is_open
    assert asked.may_name_clinic
    first_screen = text_of(desk.get("/admin/"))
    assert "Do not contact" in first_screen
    assert "(205) 555-0142" not in first_screen


def test_twice_is_once_and_nothing_undoes_it(desk, asked):
    take_back(desk, asked, "text")
    with time_machine.travel(LATER + timedelta(hours=1), tick=False):
        assert messages_of(take_back(desk, asked, "text"))[-1] == "That was recorded before. This is how it stands."
    assert asked.consents.get(text__purpose="text").withdrawn_at == LATER
    assert asked.activities.filter(kind="consent_withdrawn").count() == 1
    assert (
        url(asked, asked.consents.get(text__purpose="text")) not in desk.get(asked.get_absolute_url()).content.decode()
    )


def test_what_was_never_given_cannot_be_taken_back(desk):
    asked = make_request(contact_by="call")
    assert (
        url(asked, asked.consents.get(text__purpose="text")) not in desk.get(asked.get_absolute_url()).content.decode()
    )
    assert messages_of(take_back(desk, asked, "text")) == ["That was recorded before. This is how it stands."]
    assert asked.consents.get(text__purpose="text").withdrawn_at is None
    assert not asked.activities.filter(kind="consent_withdrawn").exists()


def test_the_same_form_sent_anew_is_a_new_request_with_consents_of_its_own(desk):
    def receive(now):
        return receive_consult(answers=make_answers(contact_by="text"), source="consult", client=Client(), now=now)

    first = receive(NOW).request
    take_back(desk, first, "contact")
    second = receive(LATER + timedelta(days=30))
    assert not second.is_repeat
    assert {consent.withdrawn_at for consent in second.request.consents.all()} == {None}
    assert first.consents.get(text__purpose="contact").withdrawn_at == LATER


def test_another_clinic_s_request_is_not_there(desk, asked):
    other = make_request(location=make_location(name="Auburn"), contact_by="text")
    strange = other.consents.get(text__purpose="text")
    for pk, consent_pk in [(other.pk, strange.pk), (asked.pk, strange.pk), (asked.pk, 10**30), (10**30, strange.pk)]:
        path = f"/admin/consults/consultrequest/{pk}/consents/{consent_pk}/withdraw/"
        assert desk.post(path).status_code == 404
    assert not Consent.objects.exclude(withdrawn_at=None).exists()


def test_it_is_a_post_with_a_token_by_somebody_who_works_on_requests(client, desk, asked):
    path = url(asked, asked.consents.get(text__purpose="text"))
    for method in (desk.get, desk.head, desk.put, desk.delete):
        assert method(path).status_code == 405
    strict = Browser(enforce_csrf_checks=True)
    strict.login(username="desk", password=PASSWORD)
    assert strict.post(path).status_code == 403
    assert Browser().post(path)["Location"].startswith("/admin/login/")
    looker = Browser()
    looker.force_login(make_staff_user("consults.view_consultrequest", "consults.view_every_clinic"))
    assert looker.post(path).status_code == 403
    assert path not in looker.get(asked.get_absolute_url()).content.decode()
    assert not Consent.objects.exclude(withdrawn_at=None).exists()


def test_a_second_process_that_withdraws_at_the_same_moment_records_nothing_more(asked):
    consent = asked.consents.get(text__purpose="text")
    stale = Consent.objects.get(pk=consent.pk)
    assert withdraw(consent=consent, actor=None, now=LATER)
    assert not withdraw(consent=stale, actor=None, now=LATER)
    assert asked.activities.filter(kind="consent_withdrawn").count() == 1
