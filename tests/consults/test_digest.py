from datetime import timedelta

import pytest

from clinic_site.core.models import OutboxMessage
from consults.digest import digest_lines, queue_digest
from consults.intake import receive_consult
from consults.models import ConsultRequest, Recipient
from consults.spam import Client
from tests.factories.posts import NOW, make_answers

pytestmark = pytest.mark.django_db


def receive(name, hours_ago, **client):
    return receive_consult(
        answers=make_answers(name=name), source="home", client=Client(**client), now=NOW - timedelta(hours=hours_ago)
    ).request


def test_a07_the_digest_counts_what_came_what_waits_and_what_was_set_aside():
    receive("One", 2)
    receive("Two", 30)
    reached = receive("Three", 40)
    receive("Four", 5, trap="35216")
    ConsultRequest.objects.filter(pk=reached.pk).update(stage="in_touch", first_contact_at=NOW - timedelta(hours=1))
    lines = "\n".join(digest_lines(now=NOW))
    assert "New in the last 24 hours: 1" in lines
    assert "Waiting for a first contact: 2 (the oldest since Tuesday, November 24, 03:10)" in lines
    assert "Reached in the last 24 hours: 1" in lines
    assert "possible spam, to look through: 1" in lines
    assert "Mails that could not be sent: 3" in lines  # nobody is set to be told


def test_every_recipient_gets_one_digest_even_on_a_day_without_requests():
    for email in ("desk@clinic.example", "DESK@clinic.example", "manager@clinic.example"):
        Recipient.objects.create(verified_at=NOW, email=email)
    Recipient.objects.create(verified_at=NOW, email="left@clinic.example", is_active=False)
    queue_digest(now=NOW)
    mails = OutboxMessage.objects.filter(kind="digest").order_by("pk")
    assert [mail.to_address for mail in mails] == ["desk@clinic.example", "manager@clinic.example"]
    assert "New in the last 24 hours: 0" in mails[0].body


def test_the_digest_names_nobody():
    Recipient.objects.create(verified_at=NOW, email="desk@clinic.example")
    request = receive("Dana Whitfield", 2)
    queue_digest(now=NOW)
    body = OutboxMessage.objects.get(kind="digest").body
    for value in ("Dana", "Whitfield", "0142", "mail.example", request.reference):
        assert value not in body
