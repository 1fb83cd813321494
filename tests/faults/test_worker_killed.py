"""kill -9 of the worker at each step of a delivery: at least one mail each, never more than three."""

import socket
import threading
from contextlib import contextmanager

import pytest
from django.utils import timezone

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import OutboxMessage
from tests.smtp import SmtpHandler, serve, smtp_server

from .worker import running_worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
State = OutboxMessage.State


def queue(count: int = 1) -> None:
    now = timezone.now()
    for number in range(count):
        queue_mail(
            kind="staff", about="", to_address=f"desk{number}@clinic.example", subject="New request", body="x", now=now
        )


def state() -> str:
    return OutboxMessage.objects.get().state


def let_the_lease_run_out() -> None:
    OutboxMessage.objects.filter(state=State.SENDING).update(lease_until=timezone.now())


def finish_with_a_new_worker() -> list:
    """Start another worker, wait until everything is sent, and return what the server took."""
    let_the_lease_run_out()
    with smtp_server() as server, running_worker(smtp_port=server.port):
        wait_until(lambda: not OutboxMessage.objects.exclude(state=State.SENT).exists())
    return server.mails


@contextmanager
def server_that_stops_talking(*, after: bytes | None):
    """A server that greets and answers up to the command `after`, then says nothing more.

    With None it does not even greet.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    reached = threading.Event()

    def talk() -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            if after is None:
                reached.set()
                client.recv(1)
                return
            client.sendall(b"220 ready\r\n")
            for line in lines:
                command = line.split()[0].upper()
                client.sendall(b"354 go on\r\n" if command == b"DATA" else b"250 ok\r\n")
                if command == after:
                    break
            lines.readline()  # the mail has begun to arrive
            reached.set()
            try:
                client.recv(1)
            except ConnectionError:
                pass

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], reached
    finally:
        listener.close()


@pytest.mark.parametrize("after", [None, b"DATA"], ids=["before the send", "in the middle of DATA"])
def test_killed_before_the_server_took_the_mail(after):
    queue()
    with server_that_stops_talking(after=after) as (port, reached), running_worker(smtp_port=port) as worker:
        assert reached.wait(20)
        worker.kill()
        worker.wait()
    assert state() == State.SENDING
    (mail,) = finish_with_a_new_worker()
    assert mail.headers["Message-ID"] == OutboxMessage.objects.get().message_id


class KillAtQuit(SmtpHandler):
    """Takes the mail, says so, and kills the worker when it says goodbye."""

    worker = None

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        self.worker.kill()
        return "221 bye"


def test_killed_after_the_send_before_the_mark():
    queue()
    handler = KillAtQuit({})
    with serve(handler), running_worker(smtp_port=handler.port) as worker:
        handler.worker = worker
        worker.wait(20)
    assert state() == State.SENDING
    assert len(handler.mails) == 1
    mails = handler.mails + finish_with_a_new_worker()
    assert len(mails) == 2
    assert {mail.headers["Message-ID"] for mail in mails} == {OutboxMessage.objects.get().message_id}


def test_a_worker_told_to_stop_finishes_the_mail_in_hand():
    queue(3)
    with smtp_server() as server, running_worker(smtp_port=server.port) as worker:
        wait_until(lambda: OutboxMessage.objects.filter(state=State.SENT).exists())
        worker.terminate()
        assert worker.wait(20) == 0
    assert not OutboxMessage.objects.filter(state=State.SENDING).exists()


def test_two_workers_share_the_work_without_doubles():
    queue(20)
    with smtp_server() as server, running_worker(smtp_port=server.port), running_worker(smtp_port=server.port):
        wait_until(lambda: not OutboxMessage.objects.exclude(state=State.SENT).exists())
    assert sorted(mail.recipients[0] for mail in server.mails) == sorted(f"desk{n}@clinic.example" for n in range(20))
