"""Several processes on one database, as on several machines: each thing is done once.

`make machines` is the long form, with real networks between them.
"""

import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, connections

from clinic_site.core.delivery import queue_mail
from clinic_site.core.jobs import TAKEN_OVER_AFTER, FrequentJob, run_due_jobs
from clinic_site.core.models import JobRun, OutboxMessage

from .worker import ROOT, worker_environment

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
PERIODS = 12
# A worker whose clock is `skew` seconds off goes through 12 periods of five minutes, 20 moments in each.
RACE = """
import django; django.setup()
import sys
from datetime import datetime, timedelta
from clinic_site.core import delivery
from clinic_site.core.jobs import FrequentJob, run_due_jobs

start, skew, periods = datetime.fromisoformat(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])

def write(*, now):
    delivery.queue_mail(kind="digest", about="race", to_address="a@clinic.example", subject="x",
                        body=f"{now:%H:%M:%S}", now=now)

job = FrequentJob("race", write, every=timedelta(minutes=5), at_once=True)
print("ready", flush=True)
sys.stdin.readline()
for step in range(periods * 20):
    run_due_jobs([job], now=start + timedelta(seconds=15 * step + skew))
"""
# A worker that dies in the middle of its job, after what the job wrote.
DIES = """
import django; django.setup()
import os, signal, sys
from datetime import datetime
from clinic_site.core.jobs import run_due_jobs
from tests.faults.test_many_machines import half_day_job, write

def write_and_die(*, now):
    write(now=now)
    os.kill(os.getpid(), signal.SIGKILL)

run_due_jobs([half_day_job(write_and_die, at_once=sys.argv[2] == "at once")], now=datetime.fromisoformat(sys.argv[1]))
"""


def write(*, now: datetime) -> None:
    queue_mail(kind="digest", about="race", to_address="a@clinic.example", subject="x", body="x", now=now)


def half_day_job(run, *, at_once: bool) -> FrequentJob:
    return FrequentJob("race", run, every=timedelta(hours=12), at_once=at_once)


def start(script: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=worker_environment(smtp_port=25),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen) -> int:
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.django_db(transaction=True)
def test_workers_with_clocks_seconds_apart_run_a_job_once_in_each_period():
    workers = [start(RACE, START.isoformat(), str(skew), str(PERIODS)) for skew in (0, 4, 11)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [end(worker) for worker in workers] == [0, 0, 0]
    runs = JobRun.objects.filter(name="race")
    expected = {f"{START + timedelta(minutes=5 * number):%Y-%m-%dT%H:%MZ}" for number in range(PERIODS)}
    assert Counter(runs.values_list("period", flat=True)) == Counter(expected)
    assert not runs.filter(finished_at=None).exists()
    assert OutboxMessage.objects.filter(about="race").count() == PERIODS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "mails"), [("at once", 1), ("step by step", 2)])
def test_the_job_of_a_dead_worker_runs_again_after_an_hour(kind, mails):
    """What is one transaction leaves nothing behind when its worker dies; any other job runs once more."""
    assert end(start(DIES, START.isoformat(), kind)) == -9
    job = half_day_job(write, at_once=kind == "at once")
    for later in (timedelta(minutes=1), TAKEN_OVER_AFTER - timedelta(seconds=1)):
        run_due_jobs([job], now=START + later)
        assert JobRun.objects.get().finished_at is None
    survivors = [threading.Thread(target=take_over, args=[job]) for _ in range(3)]
    [thread.start() for thread in survivors]
    [thread.join() for thread in survivors]
    assert JobRun.objects.get().finished_at
    assert OutboxMessage.objects.filter(about="race").count() == mails


def take_over(job: FrequentJob) -> None:
    try:
        run_due_jobs([job], now=START + TAKEN_OVER_AFTER)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_lost_the_database_is_taken_up_again():
    def lose(*, now):
        raise OperationalError("the connection is closed")

    run_due_jobs([half_day_job(lose, at_once=True)], now=START)
    assert (JobRun.objects.get().finished_at, JobRun.objects.get().error) == (None, "")
    run_due_jobs([half_day_job(write, at_once=True)], now=START + TAKEN_OVER_AFTER)
    assert OutboxMessage.objects.filter(about="race").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_thought_dead_undoes_what_another_has_taken_over():
    def too_slow(*, now):
        write(now=now)
        JobRun.objects.update(started_at=START + TAKEN_OVER_AFTER)  # another worker took it over

    run_due_jobs([half_day_job(too_slow, at_once=True)], now=START)
    assert not OutboxMessage.objects.exists()


@contextmanager
def empty_database(tmp_path):
    """The address of a database without a single table."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'db' / 'empty.sqlite3'}"
        return
    at = connection.settings_dict
    name = f"{at['NAME']}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


COUNTS = """
import django; django.setup()
from articles.models import Article
from django.contrib.auth.models import Group, User
from clinic_site.core.models import LoadedContent
print(Article.objects.count() > 0, LoadedContent.objects.filter(kind="articles").count() == Article.objects.count(),
      Group.objects.count(), User.objects.count())
"""


@pytest.mark.django_db(transaction=True)
def test_two_machines_prepare_one_empty_database_at_the_same_time(tmp_path):
    with empty_database(tmp_path) as address:
        environment = {**worker_environment(smtp_port=25), "DATABASE_URL": address, "VAR_DIR": str(tmp_path)}
        command = [sys.executable, "manage.py", "prepare"]
        both = [
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            for _ in range(2)
        ]
        said = [process.communicate(timeout=120)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert sum("Another process is preparing" in text for text in said) == 1
        assert sum("with the password" in text for text in said) == 1
        found = subprocess.run(
            [sys.executable, "-c", COUNTS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert found.stdout.split() == ["True", "True", "5", "1"]
