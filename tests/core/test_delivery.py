"""The outbox against real SMTP conversations: tests/faults kills the worker in the middle of them."""

import smtplib
import socket
import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import Mock

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from clinic_site.core import delivery
from clinic_site.core.delivery import (
    claim_next,
    deliver_next,
    delivery_clock,
    mark,
    pause_before,
    queue_again,
    queue_mail,
)
from clinic_site.core.models import OutboxMessage
from tests.factories.posts import NOW
from tests.smtp import SmtpHandler, serve, smtp_server, use_server

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


def queue(to="desk@clinic.example", **changes) -> OutboxMessage:
    mail = {"kind": "staff", "about": "consult:7K3M9PXW", "subject": "New request", "body": "Sign in.", "now": NOW}
    return queue_mail(to_address=to, **{**mail, **changes})


def deliver_all(now=NOW) -> int:
    count = 0
    while deliver_next(now=now, clock=lambda: now):
        count += 1
    return count


@contextmanager
def refused_connections(settings):
    use_server(settings, port=1)
    yield


def test_a10_a_mail_goes_out_from_our_own_address_with_a_stable_id(settings):
    message = queue()
    with smtp_server() as server:
        use_server(settings, server.port)
        assert deliver_all() == 1
    (mail,) = server.mails
    assert mail.sender == django_settings.DEFAULT_FROM_EMAIL
    assert mail.recipients == ["desk@clinic.example"]
    assert mail.headers["From"] == django_settings.DEFAULT_FROM_EMAIL
    assert mail.headers["Message-ID"] == message.message_id
    assert mail.headers["Message-ID"].endswith("@clinic.example>")
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.lease_until) == (State.SENT, NOW, None)


def test_a01_a_refused_connection_keeps_the_mail_for_later_and_sends_it_once(settings):
    message = queue()
    with refused_connections(settings):
        assert deliver_all() == 1
    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.QUEUED, "No connection to the mail server")
    assert message.due_at == NOW + timedelta(seconds=10)
    assert message.has_trouble
    with smtp_server() as server:
        use_server(settings, server.port)
        assert deliver_all(NOW + timedelta(seconds=5)) == 0
        assert deliver_all(NOW + timedelta(seconds=10)) == 1
        assert deliver_all(NOW + timedelta(days=1)) == 0
    assert len(server.mails) == 1


def test_one_refused_recipient_does_not_hold_up_another(settings):
    bad, good = queue("gone@clinic.example"), queue("desk@clinic.example")
    with smtp_server(refuse={"gone@clinic.example": "550 no such user gone@clinic.example"}) as server:
        use_server(settings, server.port)
        assert deliver_all() == 2
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (State.QUEUED, State.SENT)
    assert bad.last_error == "550 the mail server refused this address: “no such user …”"
    assert [mail.recipients for mail in server.mails] == [["desk@clinic.example"]]


@pytest.mark.parametrize("code", ["451 try later", "421 busy"])
def test_a_server_that_is_busy_is_asked_again(settings, code):
    message = queue()
    with smtp_server(refuse={"desk@clinic.example": code}) as server:
        use_server(settings, server.port)
        deliver_all()
    message.refresh_from_db()
    assert message.state == State.QUEUED
    assert message.last_error.startswith(code[:3])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "550 5.1.1 <desk@clinic.example>: Recipient address rejected: User unknown",
            "550 the mail server refused this address: “5.1.1 …: Recipient address rejected: User unknown”",
        ),
        ("550 desk@clinic.example is not here", "550 the mail server refused this address: “… is not here”"),
        (
            "550-5.7.1 Blocked, see\r\n550 5.7.1 https://help.example/?p=1",
            "550 the mail server refused this address: “5.7.1 Blocked, see 5.7.1 https://help.example/?p=1”",
        ),
        ("451 4.7.1 Greylisted, try later", "451 the mail server refused this address: “4.7.1 Greylisted, try later”"),
        ("550 Bo\u00eete pleine", "550 the mail server refused this address: “Boîte pleine”"),
        (
            "550 " + "far too long " * 60,
            f"{'550 the mail server refused this address: “' + 'far too long ' * 60:.298}…”",
        ),
    ],
)
def test_staff_read_the_server_s_own_words_without_addresses(settings, answer, said, caplog):
    message = queue()
    with smtp_server(refuse={"desk@clinic.example": answer}) as server:
        use_server(settings, server.port)
        deliver_all()
    message.refresh_from_db()
    assert message.last_error == said
    assert len(message.last_error) <= 300
    (logged,) = [record.getMessage() for record in caplog.records if record.name == delivery.__name__]
    assert logged.endswith(f"attempt 1: {answer[:3]} the mail server refused this address")  # logs get the code alone


def test_of_a_confirmation_s_refusal_only_the_code_is_kept(settings):
    """A server may answer with "mailbox dana.whitfield is full", or with worse."""
    message = queue("dana@mail.example", kind="confirmation")
    with smtp_server(refuse={"dana@mail.example": "550 mailbox dana of Dana Whitfield is full"}) as server:
        use_server(settings, server.port)
        deliver_all()
    message.refresh_from_db()
    assert message.last_error == "550 the mail server refused this address"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (b"5.1.1 <dana@mail.example> unknown", "5.1.1 … unknown"),
        (b"5.1.1 <dana@mail.example", "5.1.1 …"),
        (b'"dana whitfield"@mail.example is gone', "… is gone"),
        (b"SRS0=x=y=mail.example=dana@relay.example bounced", "… bounced"),
        (b"see https://help.example/?who=dana%40mail.example now", "see https:… now"),
        (b"dana=40mail.example, dana@[192.0.2.1]; try", "…, …; try"),
        ("dana\u200b@\u202email.example no".encode(), "… no"),
        ("dana＠mail.example no".encode(), "… no"),
        (b"da\x00na@mail.example no", "… no"),
        (b"bo\xeete pleine", "boîte pleine"),
        ("не существует".encode(), "не существует"),
        (b"one\r\ntwo\tthree\x07", "one two three"),
        ("a str \ud800 dana@mail.example", "a str …"),
        (b"x" * 5000 + b"@mail.example", ""),
        (b"word " * 399 + b"dana.whitfield@mail.example", " ".join(["word"] * 399)),
        (b"", ""),
    ],
)
def test_no_address_is_read_out_of_a_server_s_words(said, read):
    assert delivery.spoken(said) == read


def test_a_mail_that_holds_a_secret_forgets_it_once_it_is_out(settings):
    queue(kind="code", body="Your code: 123456")
    queue(body="Sign in.")
    with smtp_server() as server:
        use_server(settings, server.port)
        deliver_all()
    assert "123456" in server.mails[0].text
    assert list(OutboxMessage.objects.order_by("pk").values_list("body", flat=True)) == ["", "Sign in."]


def test_a09_a_server_that_never_answers_is_given_up_in_time(settings):
    message = queue()
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        use_server(settings, silent.getsockname()[1])
        settings.EMAIL_TIMEOUT = 1
        started = time.monotonic()
        deliver_all()
    finally:
        silent.close()
    assert time.monotonic() - started < 5
    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.QUEUED, "The mail server stopped answering")
    assert django_settings.MAIL_LEASE_SECONDS > 10 + django_settings.DATABASE_TIMEOUT


def test_pauses_grow_to_half_an_hour():
    pauses = [pause_before(attempt).total_seconds() for attempt in range(1, 12)]
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]
    assert pause_before(10_000).total_seconds() == 1800


def test_a_mail_is_given_up_loudly_after_72_hours(settings):
    message = queue()
    with refused_connections(settings):
        now, tries = NOW, 0
        while message.state != State.FAILED:
            deliver_next(now=now, clock=lambda: now)  # noqa: B023
            message.refresh_from_db()
            now, tries = message.due_at, tries + 1
            assert tries < 200
    assert NOW + timedelta(hours=71) < now <= NOW + timedelta(hours=73)
    assert deliver_all(now + timedelta(days=1)) == 0


def test_sending_again_starts_a_new_72_hours_under_the_same_id(settings):
    message = queue()
    OutboxMessage.objects.update(state=State.FAILED, attempt=150, last_error="x")
    later = NOW + timedelta(days=4)
    queue_again(message, now=later)
    with smtp_server() as server:
        use_server(settings, server.port)
        assert deliver_all(later) == 1
    assert server.mails[0].headers["Message-ID"] == message.message_id


def test_a_sent_mail_is_not_sent_again_by_asking():
    message = queue()
    OutboxMessage.objects.update(state=State.SENT, sent_at=NOW)
    queue_again(message, now=NOW)
    assert deliver_all() == 0


def test_a_claimed_mail_is_left_alone_until_its_lease_runs_out():
    queue()
    assert claim_next(now=NOW) is not None
    lease = timedelta(seconds=django_settings.MAIL_LEASE_SECONDS)
    assert claim_next(now=NOW + lease - timedelta(seconds=1)) is None
    again = claim_next(now=NOW + lease)
    assert again.attempt == 2


def test_a_worker_whose_lease_ran_out_cannot_mark_the_mail_of_the_next():
    queue()
    first = claim_next(now=NOW)
    second = claim_next(now=NOW + timedelta(hours=1))
    mark(first, error=smtplib.SMTPException(), now=NOW + timedelta(hours=1))
    mark(first, error=None, now=NOW + timedelta(hours=1))
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempt) == (State.SENDING, second.attempt)
    mark(second, error=None, now=NOW + timedelta(hours=1))
    row.refresh_from_db()
    assert row.state == State.SENT


def test_the_longest_waiting_mail_goes_first():
    late = queue(now=NOW)
    early = queue(now=NOW - timedelta(hours=1))
    assert [claim_next(now=NOW).pk, claim_next(now=NOW).pk] == [early.pk, late.pk]


def test_an_unexpected_fault_in_sending_is_told_on_the_row(monkeypatch):
    message = queue()
    monkeypatch.setattr(delivery, "send", lambda message: 1 / 0)
    deliver_all()
    message.refresh_from_db()
    assert message.last_error == "Unexpected: ZeroDivisionError"


def test_a_mail_written_by_a_clock_that_is_ahead_leaves_at_once():
    ahead = NOW + timedelta(hours=1)
    queue(now=ahead)
    message = claim_next(now=NOW)
    mark(message, error=ConnectionRefusedError(), now=NOW)
    assert claim_next(now=NOW + timedelta(seconds=9)) is None
    assert claim_next(now=NOW + timedelta(seconds=10)) == message


def test_a_mail_that_is_to_wait_waits():
    message = queue()
    OutboxMessage.objects.update(due_at=NOW + timedelta(hours=1))
    assert claim_next(now=NOW + timedelta(minutes=59)) is None
    assert claim_next(now=NOW + timedelta(hours=1)) == message


class Forgetful(SmtpHandler):
    """Takes a mail and ends the connection without a word."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return answer


def test_a_mail_that_is_taken_and_never_answered_is_given_away_three_times_at_most(settings):
    message, now, tried_at = queue(), NOW, []
    with serve(Forgetful({})) as server:
        use_server(settings, server.port)
        while deliver_next(now=now, clock=lambda: now):  # noqa: B023
            tried_at.append((now - NOW).total_seconds())
            message.refresh_from_db()
            now = message.due_at
        assert tried_at == [0, 10, 1810]
        assert {mail.headers["Message-ID"] for mail in server.mails} == {message.message_id}
        assert len(server.mails) == 3
        message.refresh_from_db()
        assert (message.state, message.unanswered) == (State.FAILED, 3)
        assert message.last_error == "The mail server was given the mail and did not say whether it took it"
        queue_again(message, now=now)
        message.refresh_from_db()
        assert (message.state, message.unanswered) == (State.QUEUED, 0)


def test_a_server_that_leaves_before_the_mail_was_given_is_tried_for_72_hours(settings):
    class LeavesEarly(SmtpHandler):
        async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
            server.transport.abort()
            return "250 OK"

    message = queue()
    with serve(LeavesEarly({})) as server:
        use_server(settings, server.port)
        for hour in range(5):
            now = NOW + timedelta(hours=hour)
            assert deliver_next(now=now, clock=lambda: now)  # noqa: B023
    message.refresh_from_db()
    assert (message.state, message.unanswered, message.attempt) == (State.QUEUED, 0, 5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("away", [OperationalError, InterfaceError])
def test_a_mail_that_left_is_noted_once_the_database_is_back(settings, monkeypatch, away):
    message, faults = queue(), [away, away]

    def mark_when_back(*args, **kwargs) -> None:
        if faults:
            raise faults.pop()
        mark(*args, **kwargs)

    monkeypatch.setattr(delivery, "mark", mark_when_back)
    monkeypatch.setattr(delivery, "NOTE_AGAIN_SECONDS", 0)
    with smtp_server() as server:
        use_server(settings, server.port)
        assert deliver_next(now=NOW, clock=lambda: NOW)
    message.refresh_from_db()
    assert (message.state, len(server.mails)) == (State.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_not_waited_for_longer_than_the_claim_holds(settings, monkeypatch):
    queue()
    settings.MAIL_LEASE_SECONDS = 0
    monkeypatch.setattr(delivery, "mark", Mock(side_effect=OperationalError))
    with smtp_server() as server:
        use_server(settings, server.port)
        with pytest.raises(OperationalError):
            deliver_next(now=NOW, clock=lambda: NOW)


def test_all_workers_go_by_the_clock_of_the_database():
    assert abs(delivery_clock() - timezone.now()) < timedelta(minutes=1)
    wrong = timezone.now() + timedelta(hours=5)
    with time_machine.travel(wrong):
        is_shared = connection.vendor == "postgresql"
        assert (abs(delivery_clock() - wrong) > timedelta(hours=4)) == is_shared
