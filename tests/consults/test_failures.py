"""Failing mails are told to the manager, once a day at most."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic_site.core.models import OutboxMessage
from consults.failures import tell_of_failed_mails
from tests.factories.consults import make_failed_mail, make_mail, make_recipient
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _recipients(db):
    make_recipient("desk@clinic.example")
    make_recipient("manager@clinic.example", gets_alarms=True)


def alarms() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="alarm").order_by("pk"))


def test_a_mail_that_was_given_up_is_told_to_the_manager_without_anything_personal():
    make_failed_mail(to_address="desk@clinic.example", about="consult:7K3M9PXW", due_at=NOW)
    tell_of_failed_mails(now=NOW)
    (mail,) = alarms()
    assert mail.to_address == "manager@clinic.example"
    assert "Given up: 1" in mail.body
    for value in ("7K3M", "desk@", "550"):
        assert value not in mail.subject + mail.body


def test_a_mail_that_has_failed_for_an_hour_is_told_and_one_that_only_waits_is_not():
    make_mail(created_at=NOW - 2 * HOUR)
    make_mail(created_at=NOW - HOUR + timedelta(seconds=1), last_error="No connection to the mail server")
    tell_of_failed_mails(now=NOW)
    assert alarms() == []
    tell_of_failed_mails(now=NOW + timedelta(seconds=1))
    assert "tried again: 1" in alarms()[0].body


def test_the_manager_is_told_once_a_day_and_of_each_mail_that_was_given_up_once():
    make_failed_mail(due_at=NOW - HOUR)
    for minutes in range(0, 120, 5):
        tell_of_failed_mails(now=NOW + timedelta(minutes=minutes))
    assert len(alarms()) == 1
    make_failed_mail(due_at=NOW + 3 * HOUR)
    tell_of_failed_mails(now=NOW + 3 * HOUR)
    assert len(alarms()) == 1
    tell_of_failed_mails(now=NOW + 24 * HOUR)
    assert [mail.body.splitlines()[2] for mail in alarms()] == ["Given up: 1", "Given up: 1"]
    tell_of_failed_mails(now=NOW + 48 * HOUR)
    assert len(alarms()) == 2


def test_failing_alarms_and_mails_to_the_people_who_asked_give_rise_to_none():
    make_failed_mail(kind="alarm")
    make_failed_mail(kind="confirmation")
    tell_of_failed_mails(now=NOW)
    assert len(alarms()) == 1  # the one that failed


def test_it_waits_until_the_night_is_over():
    night = datetime(2026, 11, 26, 5, tzinfo=UTC)  # 11 pm
    make_failed_mail(due_at=night)
    tell_of_failed_mails(now=night)
    assert alarms() == []
    tell_of_failed_mails(now=night + 8 * HOUR)
    assert len(alarms()) == 1
