"""A person's words go through everything that can happen to a request, and are found nowhere they should not be."""

import asyncio
import json
import re
import time
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.delivery import deliver_next
from clinic_site.core.jobs import DailyJob, run_due_jobs
from clinic_site.core.mail_files import PrivateFileBackend
from clinic_site.core.models import AuditEntry, ClinicIdentity, OutboxMessage
from consults.models import Activity, ConsultRequest
from tests.factories.consults import make_recipient
from tests.faults.worker import running_worker, wait_until
from tests.smtp import SmtpHandler, serve

from .canary import (
    EMAIL,
    NAME,
    NEEDLES,
    NOTE,
    PHONE,
    cached,
    canary_post,
    database_files,
    leaks,
    private_log,
    stored_values,
    unwrapped,
    written_files,
)

pytestmark = pytest.mark.django_db(transaction=True)
State = OutboxMessage.State


@pytest.fixture
def clinic(content):
    """The site as it opens: asking for a note, with somebody who is told."""
    identity = ClinicIdentity.load()
    identity.ask_for_note = True
    identity.save()
    make_recipient()


@pytest.fixture
def owner(client):
    client.force_login(User.objects.create_superuser("owner"))
    client.raise_request_exception = False
    return client


def receive(client) -> ConsultRequest:
    """Bring the canary in by the form, with a note of staff beside it."""
    response = client.post("/consult/", canary_post())
    assert response.status_code == 303
    assert leaks(response.content, str(response.headers), str(response.cookies)) == []
    request = ConsultRequest.objects.get()
    assert (request.name, request.email, request.note) == (NAME, EMAIL, NOTE)
    Activity.objects.create(request=request, kind="note", at=timezone.now(), note=f"Told us: {NOTE}")
    return request


def erase(client) -> None:
    page = client.post(reverse("admin:consults_people"), {"term": PHONE})
    assert leaks(page.content) == []
    post = {"person": page.context["person"], "count": "1", "reason": "asked"}
    response = client.post(reverse("admin:consults_people_erase"), post)
    assert response.status_code == 302
    assert not ConsultRequest.objects.exists()


def test_the_needles_are_found_where_they_are():
    for text in (NAME.upper(), f"mailto:{EMAIL}", "q=zq-canary%40zqmailbox.example", PHONE, "+12055550187"):
        assert leaks(text), text
    assert leaks(unwrapped(b"Content: enFub3RlOiBvbmx5 x"))
    assert leaks("Somebody else, 205-555-0142") == []
    assert all(needle == needle.lower() for needle in NEEDLES)


# The mail server's faults, with a real worker in a process of its own ----------------------------


class FaultyServer(SmtpHandler):
    """Misbehaves as `fault` says, and repeats the address it was given, as mail servers do."""

    fault = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.fault in ("451", "550"):
            return f"{self.fault} <{address}>: not now"
        if self.fault == "drop":
            server.transport.abort()
        if self.fault == "hang":
            await asyncio.sleep(2)
        return await super().handle_RCPT(server, session, envelope, address, options)


def make_due() -> dict[int, int]:
    """Let the worker try at once what has not left; return how often each was tried before."""
    waiting = OutboxMessage.objects.exclude(state=State.SENT)
    tried = dict(waiting.values_list("pk", "attempt"))
    waiting.update(due_at=timezone.now())  # afterwards: the worker may be quicker than we are
    return tried


def was_tried(before: dict[int, int]) -> bool:
    now = {mail.pk: mail for mail in OutboxMessage.objects.filter(pk__in=before)}
    return all(mail.attempt > before[pk] and mail.state != State.SENDING for pk, mail in now.items())


def test_through_every_fault_of_the_mail_server_an_export_and_an_erase(clinic, owner, tmp_path):
    began = time.time() - 1
    with private_log() as log:
        request = receive(owner)
        server, said = FaultyServer({}), tmp_path / "worker.log"
        with (
            serve(server),
            said.open("wb") as file,
            running_worker(smtp_port=server.port, EMAIL_TIMEOUT="1", said=file),
        ):
            for kind in ("451", "550", "drop", "hang"):
                server.fault = kind
                tried = make_due()
                assert len(tried) >= 2
                wait_until(lambda: was_tried(tried))  # noqa: B023
            server.fault = ""
            make_due()
            wait_until(lambda: not OutboxMessage.objects.exclude(state=State.SENT).exists())
        assert "attempt 1" in said.read_text()
        assert leaks(said.read_bytes()) == []
        # A mail to the person has their address on it, and nothing else of theirs; no other mail has anything.
        to_person = [mail for mail in server.mails if mail.recipients == [EMAIL]]
        assert len(to_person) >= 1
        for mail in server.mails:
            raw = re.sub(rb"(?im)^(To|X-RcptTo): .*$", b"", mail.raw) if mail in to_person else mail.raw
            assert leaks(unwrapped(raw)) == []
        exported = owner.post(
            reverse("admin:consults_export"), {"format": "csv", "reason": "other", "with_contact": "on"}
        )
        assert NAME.encode() in exported.getvalue()
        found = owner.post(reverse("admin:consults_people"), {"term": EMAIL})
        given = owner.post(reverse("admin:consults_people_download"), {"person": found.context["person"]})
        assert json.loads(given.content)["requests"][0]["note"] == NOTE
        assert leaks(found.content, str(given.headers), str(exported.headers), str(owner.cookies)) == []
        assert [(place, leaks(value)) for place, value in stored_values() if leaks(value)] == []
        secrets = secrets_of(request)
        before = database_files()
        assert all(any(secret in content for content in before.values()) for secret in secrets if before)
        erase(owner)
    assert leaks(log.getvalue(), cached()) == []
    for name, content in {**database_files(), **written_files(since=began)}.items():
        assert leaks(content) == [], name
    # Not even what was encrypted is left, nor the hashes that would tell the person again.
    for name, content in database_files().items():
        assert [secret for secret in secrets if secret in content] == [], name
    for place, value in stored_values():
        assert not any(secret.decode() in value for secret in secrets), place
    about = AuditEntry.objects.filter(subject=request.subject).values_list("action", flat=True)
    assert {"request-received", "request-given-out", "request-erased"} <= set(about)


def secrets_of(request: ConsultRequest) -> list[bytes]:
    """Return what lies in the database for this person: the encrypted values and the hashes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, phone, phone_as_typed, email, note, phone_hash, email_hash, fingerprint"
            " FROM consults_consultrequest WHERE id = %s",
            [request.pk],
        )
        (stored,) = cursor.fetchall()
        cursor.execute("SELECT note FROM consults_activity WHERE note <> ''")
        (note,) = cursor.fetchone()
        cursor.execute("SELECT to_address FROM core_outboxmessage WHERE kind = 'confirmation'")
        (address,) = cursor.fetchone()
    assert all([*stored, note, address])
    return [value.encode() for value in (*stored, note, address)]


# Pages ---------------------------------------------------------------------------------------------


def test_pages_that_are_not_for_it_hold_nothing_of_it(clinic, owner):
    request = receive(owner)
    mails = OutboxMessage.objects.order_by("pk")
    of_consults = ["retention", "people", "export", "consultrequest_changelist", "recipient_changelist"]
    of_core = ["auditentry", "outboxmessage", "jobrun", "missedsearch"]
    paths = [reverse(f"admin:consults_{name}") for name in [*of_consults, "reports"]]
    paths += [reverse(f"admin:core_{name}_changelist") for name in of_core]
    paths += [reverse("admin:core_outboxmessage_change", args=[mail.pk]) for mail in mails]
    paths += [reverse("admin:core_auditentry_change", args=[entry.pk]) for entry in AuditEntry.objects.all()]
    paths += [reverse("admin:consults_consultrequest_history", args=[request.pk])]
    paths += [reverse("consults:thanks", args=[request.reference]), "/", "/consult/", f"/search/?q={request.reference}"]
    with private_log() as log:
        for path in paths:
            response = owner.get(path, follow=True)
            assert response.status_code == 200, path
            assert leaks(response.content, str(response.headers)) == [], path
        # And the one page that is for it has it.
        assert NAME in owner.get(request.get_absolute_url()).content.decode()
    assert leaks(log.getvalue(), cached(), str(owner.cookies)) == []


# Faults of our own -------------------------------------------------------------------------------


def fault(*args, **kwargs):
    raise ValueError(f"{NAME} <{EMAIL}> {PHONE} {NOTE}")


@contextmanager
def nothing_is_said(capfd):
    """Neither logged nor printed, in spite of the fault; and something is logged, so that it can be found."""
    capfd.readouterr()
    with private_log() as log:
        yield
    out, err = capfd.readouterr()
    assert "ValueError" in log.getvalue() or "OperationalError" in log.getvalue()
    assert leaks(log.getvalue(), out, err) == []


def test_an_exception_while_a_request_comes_in(clinic, owner, monkeypatch, capfd):
    monkeypatch.setattr("consults.views.receive_consult", fault)
    with nothing_is_said(capfd):
        response = owner.post("/consult/", canary_post())
    assert response.status_code == 500
    assert leaks(response.content, str(response.headers)) == []


def test_a_database_that_goes_away_gives_the_words_back_to_their_person_alone(clinic, owner, monkeypatch, capfd):
    def away(**kwargs):
        raise OperationalError(f"could not write {NAME} {EMAIL}")

    monkeypatch.setattr("consults.views.receive_consult", away)
    with nothing_is_said(capfd):
        response = owner.post("/consult/", canary_post())
    assert response.status_code == 503
    assert response.headers["Cache-Control"] == "no-store"
    assert NAME in response.content.decode()
    assert leaks(str(response.headers)) == []


def test_an_exception_on_the_pages_of_staff(clinic, owner, monkeypatch, capfd):
    request = receive(owner)
    monkeypatch.setattr(ConsultRequest, "spoken_reference", property(fault))
    paths = [request.get_absolute_url(), reverse("admin:consults_consultrequest_changelist")]
    with nothing_is_said(capfd):
        answers = [owner.get(path) for path in paths]
        answers.append(owner.post(reverse("admin:consults_people"), {"term": PHONE}))
    for response in answers:
        assert response.status_code == 500
        assert leaks(response.content) == []


def test_an_exception_in_the_worker(clinic, owner, monkeypatch, capfd, time_machine):
    # Late enough for every daily job: the worker queues mails of its own beside the request's.
    time_machine.move_to(timezone.localtime().replace(hour=20))
    receive(owner)
    monkeypatch.setattr(EmailMessage, "send", fault)
    with nothing_is_said(capfd):
        run_due_jobs([DailyJob("faulty", fault, not_before=timezone.datetime.min.time())], now=timezone.now())
        while deliver_next(now=timezone.now(), clock=timezone.now):
            pass
        monkeypatch.setattr("clinic_site.core.management.commands.run_worker.deliver_next", fault)
        with pytest.raises(SystemExit) as stopped:
            call_command("run_worker", "--once")
    assert stopped.value.code == 1
    assert OutboxMessage.objects.filter(kind=OutboxMessage.Kind.DIGEST).exists()
    of_request = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.STAFF)
    assert set(of_request.values_list("last_error", flat=True)) == {"Unexpected: ValueError"}
    assert [(place, value) for place, value in stored_values() if leaks(value)] == []


def test_an_exception_while_erasing_or_exporting(clinic, owner, monkeypatch, capfd):
    receive(owner)
    person = owner.post(reverse("admin:consults_people"), {"term": PHONE}).context["person"]
    monkeypatch.setattr("consults.personal_data.delete_some", fault)
    monkeypatch.setattr("consults.personal_data._request", fault)
    with nothing_is_said(capfd):
        answers = [
            owner.post(reverse("admin:consults_people_erase"), {"person": person, "count": "1", "reason": "asked"}),
            owner.post(reverse("admin:consults_people_download"), {"person": person}),
        ]
    assert [response.status_code for response in answers] == [500, 500]
    assert leaks(*(response.content for response in answers)) == []
    # All or nothing: no entry says that something was given out or erased.
    assert ConsultRequest.objects.exists()
    assert not AuditEntry.objects.filter(action__in=["request-given-out", "request-erased", "person-erased"]).exists()


# Mails as files ------------------------------------------------------------------------------------


def test_a_mail_that_becomes_a_file_does_not_say_whom_it_was_for(clinic, owner, settings, tmp_path):
    settings.EMAIL_BACKEND = f"{PrivateFileBackend.__module__}.{PrivateFileBackend.__name__}"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    receive(owner)
    while deliver_next(now=timezone.now(), clock=timezone.now):
        pass
    files = [path.read_bytes() for path in settings.EMAIL_FILE_PATH.iterdir()]
    # Two mails of one second may share a file.
    assert b"".join(files).count(b"\nMessage-ID: <") == 2
    assert b"We have your request" in b"".join(files)
    assert leaks(*map(unwrapped, files)) == []
