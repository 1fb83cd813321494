"""Reminders before a promise is broken, alarms after: each once, none at night, nothing personal."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connections

from clinic_site.core.models import ClinicIdentity, OutboxMessage
from consults import reminders
from consults.models import ConsultRequest, Recipient
from consults.pipeline import note_outcome
from consults.reminders import watch_promises
from tests.factories.consults import make_quarantined_request, make_recipient, make_request
from tests.factories.locations import make_hours, make_location

pytestmark = pytest.mark.django_db
CENTRAL = ZoneInfo("America/Chicago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


ASKED = at("2026-11-24 10:00")  # a Tuesday; four opening hours later it is 14:00, a quarter before that 13:00
NEAR, BROKEN = at("2026-11-24 13:00"), at("2026-11-24 14:00")


@pytest.fixture
def clinic(db):
    clinic = make_location()
    make_hours(clinic)
    ClinicIdentity(name="The clinic", answer_within_hours=4).save()
    make_recipient("desk@clinic.example", location=clinic)
    make_recipient("manager@clinic.example", gets_alarms=True)
    return clinic


def told() -> list[tuple[str, str]]:
    mails = OutboxMessage.objects.filter(kind__in=["reminder", "alarm"]).order_by("pk")
    return sorted((mail.kind, mail.to_address) for mail in mails)


REMINDED = [("reminder", "desk@clinic.example"), ("reminder", "manager@clinic.example")]
ALARMED = [("alarm", "manager@clinic.example")]


def test_staff_are_reminded_once_when_a_quarter_is_left_and_the_manager_told_once_when_it_is_broken(clinic):
    request = make_request(location=clinic, now=ASKED)
    for minutes in range(-10, 70, 5):
        now = NEAR + timedelta(minutes=minutes)
        watch_promises(now=now)
        expected = ALARMED + REMINDED if now >= BROKEN else REMINDED if now >= NEAR else []
        assert told() == expected, now
    request.refresh_from_db()
    assert (request.reminded_at, request.escalated_at) == (NEAR, BROKEN)


def test_several_requests_are_one_mail_that_names_references_alone(clinic):
    requests = [make_request(location=clinic, name="Dana Whitfield", now=ASKED) for _ in range(3)]
    watch_promises(now=NEAR)
    assert told() == REMINDED
    mail = OutboxMessage.objects.filter(kind="reminder").first()
    assert mail.subject == "Time runs out for 3 requests"
    for request in requests:
        assert f"{request.spoken_reference} for Birmingham: 1 opening hour left" in mail.body
        assert request.get_absolute_url() in mail.body
    for value in ("Dana", "Whitfield", "555", "mail.example"):
        assert value not in mail.subject + mail.body


def test_a_long_list_is_cut(clinic, monkeypatch):
    monkeypatch.setattr(reminders, "NAMED", 2)
    [make_request(location=clinic, now=ASKED) for _ in range(5)]
    watch_promises(now=NEAR)
    body = OutboxMessage.objects.filter(kind="reminder").first().body
    assert body.count(" for Birmingham") == 2
    assert "* and 3 more" in body
    assert ConsultRequest.objects.filter(reminded_at=NEAR).count() == 5


def test_a_request_found_too_late_for_a_reminder_goes_to_the_manager_at_once(clinic):
    make_request(location=clinic, now=ASKED)
    watch_promises(now=BROKEN)
    assert told() == ALARMED


def test_without_a_promise_nobody_is_told_anything(clinic):
    ClinicIdentity.objects.update(answer_within_hours=None)
    make_request(location=clinic, now=ASKED)
    watch_promises(now=BROKEN)
    assert told() == []


def test_who_was_contacted_was_set_aside_has_ended_or_is_a_test_is_not_told_of(clinic):
    desk = User.objects.create_user("desk")
    for kind in ("left_message", "reached", "booked", "wrong_number"):
        note_outcome(request=make_request(location=clinic, now=ASKED), kind=kind, actor=desk, now=ASKED)
    make_quarantined_request(location=clinic, now=ASKED)
    ConsultRequest.objects.filter(pk=make_request(location=clinic, now=ASKED).pk).update(is_test=True)
    watch_promises(now=BROKEN)
    assert told() == []


def test_nobody_answered_is_no_contact(clinic):
    note_outcome(
        request=make_request(location=clinic, now=ASKED),
        kind="no_answer",
        actor=User.objects.create_user("desk"),
        now=ASKED,
    )
    watch_promises(now=BROKEN)
    assert told() == ALARMED


def test_another_clinics_recipients_hear_nothing(clinic):
    make_recipient("auburn@clinic.example", location=make_location(name="Auburn"), gets_alarms=True)
    make_request(location=clinic, now=ASKED)
    watch_promises(now=NEAR)
    watch_promises(now=BROKEN)
    assert "auburn@clinic.example" not in dict(map(reversed, told()))


def test_whoever_gets_every_mail_gets_the_alarm_while_nobody_gets_alarms(clinic):
    clinic.recipients.all().delete()
    make_recipient("desk@clinic.example", location=clinic)
    make_recipient("DESK@clinic.example")
    Recipient.objects.filter(gets_alarms=True).delete()
    make_recipient("unproven@clinic.example", gets_alarms=True, verified_at=None)
    make_recipient("left@clinic.example", gets_alarms=True, is_active=False)
    make_request(location=clinic, now=ASKED)
    watch_promises(now=BROKEN)
    assert told() == [("alarm", "desk@clinic.example")]


def test_a_request_of_which_nobody_is_told_is_told_of_once_somebody_is(clinic):
    auburn = make_location(name="Auburn")
    Recipient.objects.all().delete()
    make_request(location=auburn, now=ASKED)
    watch_promises(now=BROKEN)
    assert told() == []
    make_recipient("auburn@clinic.example", location=auburn)
    watch_promises(now=BROKEN + timedelta(hours=1))
    assert told() == [("alarm", "auburn@clinic.example")]


@pytest.mark.parametrize("at_night", [False, True])
def test_no_mail_at_night_unless_the_clinic_wants_it(clinic, at_night):
    ClinicIdentity.objects.update(remind_at_night=at_night)
    clinic.hours.all().delete()  # every hour counts
    make_request(location=clinic, now=at("2026-11-24 17:00"))  # reminded at 20:00, broken at 21:00
    for text in ("2026-11-24 20:00", "2026-11-24 21:00", "2026-11-25 02:00", "2026-11-25 06:59"):
        watch_promises(now=at(text))
    assert told() == (ALARMED + REMINDED if at_night else [])
    watch_promises(now=at("2026-11-25 07:00"))
    assert told() == (ALARMED + REMINDED if at_night else ALARMED)


def test_the_mail_of_a_new_request_leaves_at_night(clinic):
    night = at("2026-11-24 23:00")
    make_request(location=clinic, now=night)
    assert set(OutboxMessage.objects.filter(kind="staff").values_list("due_at", flat=True)) == {night}


def test_asking_again_after_an_end_can_remind_again(clinic):
    request = make_request(location=clinic, now=ASKED, phone="tel:+1-205-555-0142")
    watch_promises(now=BROKEN)
    note_outcome(request=request, kind="wrong_number", actor=User.objects.create_user("desk"), now=BROKEN)
    later = at("2026-11-25 10:00")
    again = make_request(location=clinic, now=later, phone="tel:+1-205-555-0142", phone_as_typed=request.phone_as_typed)
    assert again.pk == request.pk
    watch_promises(now=later + timedelta(hours=3))
    assert told() == ALARMED + REMINDED


def test_a_crash_between_mail_and_mark_leaves_neither(clinic, monkeypatch):
    make_request(location=clinic, now=ASKED)
    monkeypatch.setattr(reminders, "_body", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watch_promises(now=NEAR)
    assert told() == []
    monkeypatch.undo()
    watch_promises(now=NEAR)
    assert told() == REMINDED


def test_the_second_mail_fails_and_the_first_is_not_sent_alone(clinic, monkeypatch):
    make_request(location=clinic, now=ASKED)
    queue, calls = reminders.queue_mail, []

    def fails_at_the_second(**mail):
        calls.append(mail)
        if len(calls) == 2:
            raise RuntimeError
        return queue(**mail)

    monkeypatch.setattr(reminders, "queue_mail", fails_at_the_second)
    with pytest.raises(RuntimeError):
        watch_promises(now=NEAR)
    assert told() == []
    assert not ConsultRequest.objects.exclude(reminded_at=None).exists()


@pytest.mark.parametrize("requests", [1, 12])
def test_it_asks_the_database_as_often_for_many_as_for_one(clinic, requests, django_assert_num_queries):
    [make_request(location=clinic, now=ASKED) for _ in range(requests)]
    # Identity, hours, closures, recipients, clinics; two for each of two places; the marks and two mails.
    with django_assert_num_queries(15):
        watch_promises(now=NEAR)


def test_those_with_time_left_are_not_read(clinic, monkeypatch):
    looked_at = []
    judge = reminders.promise
    monkeypatch.setattr(reminders, "promise", lambda request, **more: looked_at.append(1) or judge(request, **more))
    make_request(location=clinic, now=ASKED)
    for minute in range(30):
        make_request(location=clinic, now=ASKED + timedelta(hours=1, minutes=minute))
    watch_promises(now=NEAR - timedelta(minutes=5))
    assert len(looked_at) == 2  # the oldest, once for each kind of mail


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_tell_once(clinic):
    [make_request(location=clinic, now=ASKED) for _ in range(5)]
    start, faults = threading.Barrier(4), []

    def work():
        try:
            start.wait()
            watch_promises(now=NEAR)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert told() == REMINDED
