"""Who writes to SQLite at the same moment waits in line, and never for ever."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from clinic_site.core.waiting_line import in_line

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(connection.vendor != "sqlite", reason="one writer at a time")]
HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "ab")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def held_by_another_process(*, seconds: float):
    path = f"{connection.settings_dict['NAME']}-line"
    with subprocess.Popen([sys.executable, "-c", HOLD, path, str(seconds)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield
        process.kill()


@contextmanager
def held_by_another_thread():
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with in_line():
            begun.set()
            end.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(30)
    yield end
    end.set()
    thread.join()


def test_a_process_waits_for_another_and_goes_on_at_once():
    with held_by_another_process(seconds=0.5):
        began = time.monotonic()
        with in_line():
            assert 0.2 < time.monotonic() - began < 5


def test_a_process_that_never_goes_on_keeps_nobody_out(settings):
    settings.DATABASE_TIMEOUT = 0.3
    with held_by_another_process(seconds=30):
        began = time.monotonic()
        with in_line():
            assert 0.2 < time.monotonic() - began < 5


def test_a_disk_that_knows_no_locks_stops_nobody(monkeypatch):
    def flock(file, how):
        raise OSError("no locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with in_line():
        pass


def test_a_thread_waits_for_another():
    with held_by_another_thread() as end:
        threading.Timer(0.3, end.set).start()
        began = time.monotonic()
        with in_line():
            assert 0.2 < time.monotonic() - began < 5


def test_nobody_waits_longer_than_for_a_locked_database(settings):
    settings.DATABASE_TIMEOUT = 0.2
    with held_by_another_thread(), pytest.raises(OperationalError, match="locked"), in_line():
        pass
    with in_line():  # and the next one is not kept out by that
        pass


def test_a_fault_of_whoever_was_first_keeps_nobody_out():
    with pytest.raises(ValueError, match="mine"), in_line():
        raise ValueError("mine")
    with in_line():
        pass


def test_without_room_for_the_file_everybody_goes_on(monkeypatch, tmp_path):
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "gone" / "clinic.sqlite3"))
    with in_line():
        pass
