"""How a person is reached: what is shown, what a tap opens."""

import pytest

from consults.consents import with_consents, withdraw
from consults.models import ConsultRequest
from consults.outreach import phone_text, ways_to_reach
from tests.factories.consults import make_consent_text, make_request
from tests.factories.posts import NOW


@pytest.mark.parametrize(
    ("phone", "text"),
    [
        ("tel:+1-205-555-0142", "(205) 555-0142"),
        ("tel:+1-205-555-0142;ext=7", "(205) 555-0142 ext. 7"),
        ("tel:+44-20-7946-0018", "+44 20 7946 0018"),
    ],
)
def test_numbers_are_shown_as_people_write_them(phone, text):
    assert phone_text(phone) == text


@pytest.fixture
def wordings(db):
    for purpose in ("contact", "voicemail", "text"):
        make_consent_text(purpose)


def links(request) -> list[str]:
    return [way.link for way in ways_to_reach(request)]


@pytest.mark.usefixtures("wordings")
def test_a_text_goes_to_the_number_without_its_extension():
    request = make_request(phone="tel:+1-205-555-0142;ext=7", email="", contact_by="text")
    assert links(request) == ["sms:+1-205-555-0142", "tel:+1-205-555-0142;ext=7"]


@pytest.mark.usefixtures("wordings")
@pytest.mark.parametrize(
    "answers", [{"contact_by": "call"}, {"contact_by": "email"}, {"contact_by": "text", "may_text": False}]
)
def test_nobody_is_texted_who_did_not_choose_it_and_tick_the_box(answers):
    assert not [link for link in links(make_request(**answers)) if link.startswith("sms:")]


def test_nobody_is_texted_who_was_shown_no_wording_for_it(db):
    assert links(make_request(phone="tel:+1-205-555-0142", email="", contact_by="text")) == ["tel:+1-205-555-0142"]


@pytest.mark.usefixtures("wordings")
def test_texts_end_when_their_consent_is_taken_back_and_everything_when_contact_is():
    request = make_request(phone="tel:+1-205-555-0142", contact_by="text")
    withdraw(consent=request.consents.get(text__purpose="text"), actor=None, now=NOW)
    assert links(request) == ["tel:+1-205-555-0142", "mailto:dana@mail.example"]
    withdraw(consent=request.consents.get(text__purpose="contact"), actor=None, now=NOW)
    assert links(request) == []


@pytest.mark.usefixtures("wordings")
def test_a_list_of_requests_asks_for_their_consents_once(django_assert_num_queries):
    for _ in range(3):
        make_request(contact_by="text")
    with django_assert_num_queries(2):
        assert [links(request)[0][:4] for request in with_consents(ConsultRequest.objects.all())] == ["sms:"] * 3


def test_the_other_ways_remain_when_the_chosen_one_cannot_work(db):
    request = make_request(phone="", phone_as_typed="call after 5", contact_by="call")
    assert [(way.verb, way.text) for way in ways_to_reach(request)] == [("Write to", "dana@mail.example")]


def test_nothing_to_tap_is_no_way(db):
    request = make_request(contact_by="call")
    request.phone = request.email = ""
    assert ways_to_reach(request) == []
