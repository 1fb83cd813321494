"""The daily test the whole way: a real worker, the site, a mail server, and a monitor that is told once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from clinic_site.core.models import JobRun, OutboxMessage
from consults.models import ConsultRequest
from consults.silence import trouble
from tests.factories.consults import make_recipient
from tests.smtp import smtp_server

from .worker import running_worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def monitor() -> Iterator[tuple[str, list]]:
    """An address that can be told, and what it was told: the request line, the headers and the body's length."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            told.append((self.requestline, dict(self.headers)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ping/abc", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def due(monkeypatch):
    """Whatever the time of day is, the test of today has not run."""
    for name in ("links", "digest", "old-searches"):
        today = timezone.localdate().isoformat()
        JobRun.objects.create(name=name, period=today, started_at=timezone.now())
    # Failed long enough ago to be tried again: the hour before 6:15 has no daily job.
    long_ago = timezone.now() - timedelta(hours=1)
    today = timezone.localdate().isoformat()
    JobRun.objects.create(name="daily-test", period=today, started_at=long_ago, finished_at=long_ago, error="NoAnswer")


def test_a_request_goes_in_a_mail_goes_out_and_the_monitor_is_told_once(live_site, due):
    make_recipient("manager@clinic.example", gets_alarms=True)
    assert trouble(now=timezone.now())
    with monitor() as (url, told), smtp_server() as mails:
        addresses = {"SELF_TEST_URL": live_site, "HEARTBEAT_URL": url}
        with running_worker(smtp_port=mails.port, **addresses), running_worker(smtp_port=mails.port, **addresses):
            wait_until(lambda: JobRun.objects.filter(name="heartbeat", finished_at__isnull=False).exists())
            beats = lambda: OutboxMessage.objects.filter(kind="test", state="sent").count()  # noqa: E731
            wait_until(lambda: beats() == 1)
    test = ConsultRequest.objects.get()
    assert test.is_test
    (mail,) = [mail for mail in mails.mails if mail.headers["Subject"].startswith("Daily test")]
    assert mail.recipients == ["manager@clinic.example"]
    ((line, headers),) = told
    assert line == "GET /ping/abc HTTP/1.1"
    for value in (test.reference, test.spoken_reference, "manager", "555"):
        assert value not in line + str(headers)
    assert trouble(now=timezone.now()) == []


def test_a_form_that_does_not_answer_shows(due):
    make_recipient("manager@clinic.example", gets_alarms=True)
    with smtp_server() as mails, running_worker(smtp_port=mails.port):
        wait_until(lambda: JobRun.objects.filter(name="daily-test-again", error="NoAnswer").exists())
    assert not OutboxMessage.objects.filter(kind="test").exists()
    assert "did not answer at SELF_TEST_URL" in trouble(now=timezone.now())[0]
