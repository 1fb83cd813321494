"""A folder for the backups of each test, and an empty database beside the test's own."""

from pathlib import Path

import pytest
from django.db import connection

from clinic_site.backups.postgres import drop_database


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.BACKUP_DIR = tmp_path / "backups"
    return settings.BACKUP_DIR


@pytest.fixture(autouse=True)
def signals(monkeypatch) -> None:
    """The tests keep their own Ctrl-C."""
    monkeypatch.setattr("clinic_site.backups.commands.signal.signal", lambda *args: None)


@pytest.fixture
def empty_database(transactional_db, tmp_path):
    """Point Django at a database of its own, without a table: call what is returned to do so."""
    before = connection.settings_dict["NAME"]
    other = str(tmp_path / "db" / "other.sqlite3") if connection.vendor == "sqlite" else f"{before}_other"
    made = []

    def move() -> str:
        if connection.vendor == "sqlite":
            Path(other).parent.mkdir(exist_ok=True)
        elif not made:
            with connection.cursor() as cursor:
                drop_database(cursor, other)
                cursor.execute(f'CREATE DATABASE "{other}" TEMPLATE template0')
            made.append(other)
        go_to(other)
        return other

    move.back = lambda: go_to(before)
    yield move
    go_to(before)
    if made:
        with connection.cursor() as cursor:
            drop_database(cursor, other)


def go_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
