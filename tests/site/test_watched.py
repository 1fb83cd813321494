"""Two gunicorn processes and a worker that break in the middle of a person's words: what each of them tells."""

import json
import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from clinic_site.core import counters
from tests.factories.consults import make_request
from tests.gunicorn import ask, production, serving

from .canary import EMAIL, NAME, NOTE, PHONE, canary_post, leaks, unwrapped
from .sentry import sentry

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-of-the-monitoring"
SECRET = "zqsecretzqsecretzqsecretzqsecret"


def head(method: str, path: str, *lines: str) -> bytes:
    own = ["Host: clinic.example", "X-Forwarded-Proto: https", "Connection: close"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *own, *lines, "", ""]).encode()


def get(port: int, path: str, *lines: str):
    return ask(port, head("GET", path, *lines))


def post_canary(port: int):
    body = urlencode(canary_post()).encode()
    kind = "Content-Type: application/x-www-form-urlencoded"
    return ask(port, head("POST", f"/consult/?{SECRET}", kind, f"Content-Length: {len(body)}") + body)


def session_of(user: User) -> str:
    """Sign `user` in, as the site would."""
    client = Client()
    client.force_login(user)
    return client.session.session_key


def figures(port: int) -> dict[tuple, float]:
    """Every figure of /metrics, as Prometheus' own parser reads it, by name and labels."""
    status, headers, answer = get(port, "/metrics", f"Authorization: Bearer {TOKEN}")
    assert (status, headers["Cache-Control"]) == (200, "max-age=0, no-cache, no-store, must-revalidate, private")
    text = answer.partition(b"\r\n\r\n")[2].decode()
    assert leaks(text) == []
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def counting(folder) -> int:
    """How many processes have counted an answer."""
    return sum(b"clinic_answers_total" in path.read_bytes() for path in folder.glob("*.db"))


def test_a12_a_broken_site_tells_kind_and_place_to_its_log_and_its_sentry(content, tmp_path):
    var, log = tmp_path / "var", tmp_path / "log"
    var.mkdir()
    request = make_request(name=NAME, email=EMAIL, note=NOTE)
    session = session_of(User.objects.create_superuser("zqstaff", password="x"))
    with sentry() as tracker:
        environment = production(
            var,
            DJANGO_SETTINGS_MODULE="tests.site.breaking",
            SECRET_KEY=settings.SECRET_KEY,
            WEB_WORKERS="2",
            LOG_FORMAT="json",
            METRICS_TOKEN=TOKEN,
            SENTRY_DSN=tracker.dsn,
            REQUIRE_SECOND_STEP="false",
        )
        with serving(environment, log=log) as port:
            assert get(port, "/livez")[0] == 200
            broken = [post_canary(port)]
            cookie = f"Cookie: __Host-session={session}"
            broken.append(get(port, f"{request.get_absolute_url()}?{urlencode({'q': NAME})}", cookie))
            assert [status for status, _, _ in broken] == [500, 500]
            sent = 0
            while counting(var / "metrics") < 2 or sent < 20:
                assert get(port, f"/preview/{SECRET}/?{urlencode({'q': NAME})}")[0] == 404
                sent += 1
                assert sent < 400, "one process answers everybody"
            done = subprocess.run(
                [sys.executable, "manage.py", "run_worker", "--once"],
                cwd=settings.BASE_DIR,
                env=environment,
                capture_output=True,
                check=True,
                timeout=60,
            )
            found = figures(port)
        deadline = time.monotonic() + 10
        while len(tracker.events) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
    # Figures: whole, whichever process is asked.
    assert found["clinic_answers_total", "404"] == sent
    assert found["clinic_answers_total", "500"] == 2
    assert found["clinic_faults_total", "ValueError", "django.request"] == 2
    assert found["clinic_faults_total", "ValueError", "clinic_site.core.jobs"] == 1
    assert found["clinic_job_failures", "faulty"] == 1
    # Logs: one JSON object a line, and nothing of the person or of the secret in any of them.
    said = log.read_bytes() + done.stdout + done.stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert leaks(unwrapped(said)) == []
    assert SECRET.encode() not in said
    assert {"gunicorn.error", "clinic_site.core.request_log", "django.request", "clinic_site.core.jobs"} <= {
        line["logger"] for line in lines
    }
    answered = [line for line in lines if line["message"] == "answered"]
    assert {line["path"] for line in answered} == {"/consult/", "/preview/<str:secret>/", route_of(request)}
    # The Sentry: not a byte of either.
    everything = b"\n".join(tracker.received)
    assert leaks(unwrapped(everything)) == []
    for word in (SECRET, session, "zqstaff", PHONE, "SELECT"):
        assert word.encode() not in everything, word
    # Answers: an id that stands in the log, and a reference that both the log and the Sentry know.
    for _, headers, answer in broken:
        (line,) = [line for line in answered if line["request_id"] == headers["X-Request-Id"]]
        assert line["reference"].encode() in answer
        (event,) = [event for event in tracker.events if event["tags"].get("reference") == line["reference"]]
        assert event["tags"]["request_id"] == line["request_id"]
        assert event["request"]["url"] in {"/consult/", route_of(request)}
    kinds = [[fault["type"] for fault in event["exception"]["values"]] for event in tracker.events]
    assert len(kinds) == 3
    assert all(kind[-1] == "ValueError" and len(kind) > 1 for kind in kinds)
    assert all("breaking.py" in json.dumps(event["exception"]) for event in tracker.events)


def route_of(request) -> str:
    return "/admin/consults/consultrequest/<path:object_id>/change/"


def test_without_a_dsn_no_line_of_sentry_is_loaded():
    code = "import django, sys; django.setup(); print('sentry_sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, check=True)
    assert done.stdout.split() == [b"False"]


def test_a_process_that_finds_no_room_counts_for_itself(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    before = counters.values.ValueClass
    counters.share(folder=tmp_path)
    assert counters.values.ValueClass is before


def test_the_counts_of_dead_processes_are_forgotten_at_a_start(tmp_path):
    host = socket.gethostname()
    for name in (f"{host}-{os.getpid()}", f"{host}-4194304", "elsewhere-4194304"):
        (tmp_path / f"counter_{name}.db").touch()
    counters.forget_dead(folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"counter_{host}-{os.getpid()}.db",
        "counter_elsewhere-4194304.db",
    }
