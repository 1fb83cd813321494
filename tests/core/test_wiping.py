"""What is deleted leaves the database's files."""

import logging
import sqlite3
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction

from clinic_site.core import wiping
from clinic_site.core.wiping import wipe
from tests.factories.consults import make_mail

from ..site.canary import database_files

COUNT = """
import sqlite3, sys
print(*sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM core_outboxmessage").fetchone())
"""

sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL looks after its files itself")


@sqlite_only
@pytest.mark.django_db
def test_zeros_are_written_over_what_is_deleted(settings):
    assert "PRAGMA secure_delete=ON;" in settings.DATABASES["default"]["OPTIONS"]["init_command"]
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_write_ahead_log_is_emptied():
    mail = make_mail(subject="zq-in-the-log")
    assert any(b"zq-in-the-log" in content for content in database_files().values())
    mail.delete()
    wipe()
    assert not any(b"zq-in-the-log" in content for content in database_files().values())


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_looking_at_the_files_gives_up_none_of_their_locks():
    """Else the next process that leaves deletes the log under us, and nobody else sees what we write from then on."""

    def seen_by_another() -> int:
        command = [sys.executable, "-c", COUNT, connection.settings_dict["NAME"]]
        return int(subprocess.run(command, check=True, capture_output=True).stdout)

    make_mail()
    database_files()
    assert seen_by_another() == 1
    make_mail()
    assert seen_by_another() == 2


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_somebody_who_reads_is_waited_for_a_little_and_no_more(monkeypatch, caplog):
    monkeypatch.setattr(wiping, "PATIENCE_MS", 50)
    make_mail()
    reader = sqlite3.connect(connection.settings_dict["NAME"])
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM core_outboxmessage").fetchone()
    make_mail()
    began = time.monotonic()
    with caplog.at_level(logging.INFO):
        wipe()
    reader.close()
    assert time.monotonic() - began < 2
    assert "the write-ahead log is in use" in caplog.text
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


@pytest.mark.django_db
def test_within_a_transaction_nothing_is_tried():
    with transaction.atomic():
        wipe()
        make_mail()
