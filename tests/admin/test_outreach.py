"""How a person is reached: what is shown, what a tap opens."""

import pytest

from consults.models import ConsultRequest
from consults.outreach import phone_text, ways_to_reach


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


def test_a_text_goes_to_the_number_without_its_extension():
    request = ConsultRequest(phone="tel:+1-205-555-0142;ext=7", contact_by="text")
    assert [way.link for way in ways_to_reach(request)] == ["sms:+1-205-555-0142", "tel:+1-205-555-0142;ext=7"]


def test_the_other_ways_remain_when_the_chosen_one_cannot_work():
    request = ConsultRequest(phone_as_typed="call after 5", email="dana@mail.example", contact_by="call")
    assert [(way.verb, way.text) for way in ways_to_reach(request)] == [("Write to", "dana@mail.example")]


def test_nothing_to_tap_is_no_way():
    assert ways_to_reach(ConsultRequest(contact_by="call")) == []
