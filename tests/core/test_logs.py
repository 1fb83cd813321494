import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost, ImproperlyConfigured

from clinic_site.core.current_request import current_marks, new_marks
from clinic_site.core.logs import JsonFormatter, PrivateFormatter

FORMATTERS = [PrivateFormatter, JsonFormatter]
WORDS = ("Zelda", "Quarrington", "555-0177", "5550177", "PTSD", "2019")


def record(message="It failed: %s", *args, name="x", level=logging.ERROR, exc_info=None, **extra):
    made = logging.LogRecord(name, level, "f.py", 1, message, args or ("here",), exc_info)
    made.__dict__.update(extra)
    return made


def raised(error: Exception):
    try:
        try:
            raise ValueError("Zelda Quarrington 205-555-0177")
        except ValueError as cause:
            raise error from cause
    except Exception:
        return sys.exc_info()


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a12_a_log_line_says_where_and_what_kind_but_not_what_was_said(formatter):
    made = record(exc_info=raised(RuntimeError("PTSD since 2019, please call")))
    made.exc_text = "Zelda, cached by another handler"
    text = formatter().format(made)
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py" in text
    assert "It failed: here" in text
    for value in WORDS:
        assert value not in text


def test_what_is_wrong_with_the_settings_is_said_in_full():
    error = ImproperlyConfigured("LOG_FORMAT must be text or json")
    assert "LOG_FORMAT must be" in PrivateFormatter().format(record(exc_info=raised(error)))


def test_a_json_line_has_the_moment_in_utc_and_the_marks_of_the_request():
    marks = new_marks()
    token = current_marks.set(marks)
    try:
        line = json.loads(JsonFormatter().format(record(fields={"status": 404}, created=1_795_000_000.5)))
    finally:
        current_marks.reset(token)
    assert line == {
        "time": "2026-11-18T11:06:40.500+00:00",
        "level": "ERROR",
        "logger": "x",
        "message": "It failed: here",
        "request_id": marks.request_id,
        "reference": marks.reference,
        "status": 404,
    }


def test_a_line_of_text_begins_with_the_moment_in_utc():
    text = PrivateFormatter().format(record(created=1_795_000_000.5))
    assert text == "2026-11-18T11:06:40.500+00:00 ERROR x It failed: here"


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x1b[2K", "\x85", "\u2028", "\u2029"])
def test_a_value_cannot_begin_a_line_of_its_own(formatter, end):
    text = formatter().format(record("%s", f"a{end}2026-11-26 ERROR forged", fields={"path": f"/{end}x"}))
    assert len(text.splitlines()) == 1
    assert end not in text
    assert text.isprintable()


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_slip_in_the_call_does_not_print_the_values(formatter):
    text = formatter().format(record("%d waits for %d", "Zelda", "Quarrington"))
    assert "waits for" in text
    assert "Zelda" not in text


@pytest.mark.parametrize("name", ["django.security.DisallowedHost", "django.security.csrf"])
def test_what_django_refuses_is_named_but_not_repeated(name):
    made = record("Invalid host: Zelda %s", "Quarrington", name=name, exc_info=raised(DisallowedHost("Zelda")))
    text = PrivateFormatter().format(made)
    assert f"Refused: {name.rpartition('.')[2]}" in text
    assert "Zelda" not in text
    assert "Quarrington" not in text


@pytest.mark.parametrize(
    ("message", "args", "said"),
    [
        ("Listening at: %s (%s)", ("http://127.0.0.1:8000", 7), "Listening at: http://127.0.0.1:8000 (7)"),
        ("Worker (pid:%s) was sent %s! Perhaps out of memory?", (7, "SIGKILL"), None),
        ("WORKER TIMEOUT (pid:%s)", (7,), "WORKER TIMEOUT (pid:7)"),
        ("Connection in use: %s", ("('127.0.0.1', 8000)",), "Connection in use: ('127.0.0.1', 8000)"),
        ("refused with %s: %s", (431, "LimitRequestHeaders"), "refused with 431: LimitRequestHeaders"),
        ("Error handling request %s %s", ("GET", "/x?q=Zelda"), "Error handling request"),
        ("Invalid request from ip=10.0.0.7: Zelda", (), "Invalid request from ip"),
        (ValueError("Zelda"), (), "ValueError"),
    ],
)
def test_gunicorn_may_speak_of_itself_and_not_of_requests(message, args, said):
    made = logging.LogRecord("gunicorn.error", logging.ERROR, "f.py", 1, message, args, None)
    assert json.loads(JsonFormatter().format(made))["message"] == (said or message % args)


def test_a_command_that_breaks_says_kind_and_place_alone(tmp_path):
    code = (
        "import sys, django; django.setup(); from clinic_site.core.logs import say_uncaught_privately;"
        "say_uncaught_privately(); raise ValueError('Zelda Quarrington')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"builtins.ValueError" in done.stderr
    assert b"Zelda" not in done.stdout + done.stderr
