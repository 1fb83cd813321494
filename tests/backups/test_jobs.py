"""The worker makes one backup a day and proves one a week; what fails shows, and is tried again."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from clinic_site.backups import making, troubles
from clinic_site.backups.folder import backups
from clinic_site.core import backup_status
from clinic_site.core.jobs import run_due_jobs
from clinic_site.core.models import JobRun, WorkerBeat
from clinic_site.worker_jobs import PERIODIC_JOBS
from consults.digest import _site_lines

# A Sunday in Alabama.
SUNDAY = datetime(2026, 11, 29, 5, tzinfo=ZoneInfo("America/Chicago"))
OURS = [job for job in PERIODIC_JOBS if job.name in ("backup", "backup-again", "verify-backup")]


def fails(error: Exception):
    def work(*args, **kwargs):
        raise error

    return work


@pytest.fixture
def clock():
    with time_machine.travel(SUNDAY, tick=False) as traveller:
        yield traveller


@pytest.mark.django_db(transaction=True)
def test_many_workers_make_one(clock):
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        try:
            run_due_jobs(OURS[:1], now=SUNDAY)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(backups()) == 1
    assert JobRun.objects.get(name="backup").error == ""


@pytest.mark.django_db(transaction=True)
def test_a_week(clock):
    assert [job.name for job in OURS] == ["backup", "backup-again", "verify-backup"]
    for day in range(-3, 1):
        run_due_jobs(OURS, now=SUNDAY + timedelta(days=day))
    assert len(backups()) == 4
    assert JobRun.objects.filter(name="verify-backup", error="").count() == 1
    assert backup_status.trouble(now=timezone.now()) == []


def test_before_its_time_nothing_is_made(db):
    early = SUNDAY.replace(hour=2, minute=29)
    assert OURS[0].period(early) is None
    assert OURS[0].period(early + timedelta(minutes=1)) == "2026-11-29"


def test_what_failed_is_tried_again_once_an_hour(db, clock, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", fails(troubles.DiskFull("full")))
        run_due_jobs(OURS[:2], now=SUNDAY)
        for minutes in (30, 60, 90, 120):
            clock.move_to(SUNDAY + timedelta(minutes=minutes))
            run_due_jobs(OURS[:2], now=timezone.now())
        assert JobRun.objects.filter(name="backup", error="DiskFull").count() == 4
        assert backup_status.trouble(now=timezone.now()) == ["The backup of Sunday, 7:00 AM failed: the disk is full."]
    clock.shift(timedelta(hours=1))
    run_due_jobs(OURS[:2], now=timezone.now())
    assert len(backups()) == 1
    assert backup_status.trouble(now=timezone.now()) == []
    clock.shift(timedelta(hours=1))
    run_due_jobs(OURS[:2], now=timezone.now())
    assert len(backups()) == 1


def test_only_the_copy_is_sent_again(db, clock, monkeypatch):
    monkeypatch.setattr(making.copies, "send", fails(troubles.CopyFailed("away")))
    run_due_jobs(OURS[:2], now=SUNDAY)
    for hours in (1, 2, 3):
        clock.move_to(SUNDAY + timedelta(hours=hours))
        run_due_jobs(OURS[:2], now=timezone.now())
    assert len(backups()) == 1
    assert "its copy did not reach BACKUP_COPY_URL" in backup_status.trouble(now=timezone.now())[0]


def test_a_failure_is_seen_everywhere(db, client, settings, clock):
    settings.BACKUP_KEYS = []
    WorkerBeat.objects.create(host="x", seen_at=SUNDAY)
    run_due_jobs([*OURS[:1], OURS[2]], now=SUNDAY)
    words = [
        "The backup of Sunday, 5:00 AM failed: BACKUP_KEY is not set, or is no age identity.",
        "The check of the backup of Sunday, 5:00 AM failed: there is no backup to check.",
    ]
    settings.BACKUP_DIR.mkdir(exist_ok=True)
    assert backup_status.trouble(now=SUNDAY) == words
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content.decode() == "".join(f"backup: {line}\n" for line in words)
    client.force_login(User.objects.create_superuser("owner"))
    page = client.get("/admin/").content.decode()
    assert f"{words[0]} Tell whoever runs the site." in page
    assert words[0] in _site_lines(SUNDAY)


def test_a_site_that_never_made_one_says_so_after_a_day(db):
    JobRun.objects.create(name="digest", period="x", started_at=SUNDAY)
    assert backup_status.trouble(now=SUNDAY + timedelta(hours=25)) == []
    assert backup_status.trouble(now=SUNDAY + timedelta(hours=26)) == ["No backup has been made for 26 hours."]
    assert len(backup_status.trouble(now=SUNDAY + timedelta(days=9))) == 2


def test_a_worker_that_died_over_it_is_noticed(db):
    JobRun.objects.create(name="backup", period="x", started_at=SUNDAY)
    assert backup_status.trouble(now=SUNDAY + timedelta(minutes=59)) == []
    (words,) = backup_status.trouble(now=SUNDAY + timedelta(minutes=61))
    assert words == "The backup of Sunday, 5:00 AM failed: the worker stopped in the middle of it."


def test_every_trouble_has_words():
    names = {name for name, kind in vars(troubles).items() if isinstance(kind, type)} - {"BackupTrouble", "InTheWay"}
    assert names == set(backup_status.WHAT_FAILED) - {""}
