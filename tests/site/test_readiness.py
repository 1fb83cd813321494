"""/readyz: ok, or what is wrong; never an error page, never anything about anybody."""

from datetime import timedelta

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from clinic_site import readiness
from clinic_site.core.models import JobRun, WorkerBeat
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def worker():
    return WorkerBeat.objects.create(host="web-1", seen_at=NOW)


def test_a_site_that_works_is_ready(client, worker):
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.post("/readyz").status_code == 405


def test_each_trouble_is_a_line(client, worker, clock):
    JobRun.objects.create(name="daily-test", period="x", started_at=NOW, finished_at=NOW, error="NoAnswer")
    clock.shift(timedelta(hours=1))
    response = client.get("/readyz")
    assert response.status_code == 503
    lines = response.content.decode().splitlines()
    assert lines[0] == "worker: not seen for two minutes"
    assert lines[1].startswith("daily test: The test request of Wednesday, 9:10 AM failed")
    assert len(lines) == 2
    assert "web-1" not in response.content.decode()


@pytest.mark.parametrize("fault", [OperationalError("password of dana"), InterfaceError("closed")])
def test_without_the_database_it_answers_503(client, monkeypatch, fault):
    def fails(now):
        raise fault

    monkeypatch.setattr(readiness, "_write", fails)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"database: cannot be written\n")


def test_it_really_writes_but_not_for_everybody_who_asks(client, worker, clock):
    for seconds, written in ((0, 0), (9, 0), (10, 10), (19, 10), (70, 70)):
        clock.move_to(NOW + timedelta(seconds=seconds))
        client.get("/readyz")
        assert JobRun.objects.get(name="readyz").finished_at == NOW + timedelta(seconds=written)


def test_a_database_that_can_only_be_read_is_not_ready(client, worker, monkeypatch):
    def fails(*args, **kwargs):
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(JobRun.objects, "get_or_create", fails)
    assert client.get("/readyz").status_code == 503


def test_alive_is_said_without_database_and_disk(client, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("livez opened a file")

    with CaptureQueriesContext(connection) as queries:
        client.get("/livez")
        monkeypatch.setattr("builtins.open", never)
        response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response.headers["Cache-Control"] == "no-store"
    assert len(queries) == 0


def test_asking_does_not_hide_that_no_test_ever_came(client, worker, clock):
    client.get("/readyz")
    for _ in range(27):
        clock.shift(timedelta(hours=1))
        body = client.get("/readyz").content.decode()
    assert "No test request has come through" in body
