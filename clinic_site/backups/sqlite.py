"""SQLite: a copy made while others write, and putting a file in the place of another."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import connection

from .archive import PIECE, Member, pieces_of
from .folder import new_private_file, private_folder, sync_folder
from .reading import Rows, Snapshot
from .troubles import DatabaseUnreadable, DiskFull, InTheWay

ENGINE = "sqlite"
MEMBER = "database.sqlite3"
SECONDS = 60
# Where SQLite's own locks lie in a database file: every connection in WAL mode holds a shared one there.
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"


def live() -> Path:
    """Return the path of the site's database."""
    return Path(connection.settings_dict["NAME"])


def version() -> str:
    return sqlite3.sqlite_version


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """Copy the database as it is at one moment, check the copy, and yield it.

    The copy lies in a private folder for as long as copying takes: once it is open, its name is
    deleted. Raises DatabaseUnreadable or DiskFull.
    """
    with private_folder(folder) as private:
        path = private / MEMBER
        try:
            with closing(sqlite3.connect(live(), timeout=SECONDS)) as source, closing(sqlite3.connect(path)) as copy:
                # All pages in one step: in steps, each write of somebody else would start it anew.
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                rows = _reader(copy)
                tables = [name for (name,) in rows(TABLES)]
                _require_sound(rows)
                # Counted in the copy, so that the manifest is true of it whatever was written meanwhile.
                found = Snapshot.of(rows, tables=tables)
        except sqlite3.Error as error:
            if "full" in str(error):
                raise DiskFull("The disk is full. Whatever lay there before is untouched.") from None
            raise DatabaseUnreadable(f"The database cannot be copied: {error}.") from None
        with path.open("rb") as file:
            size = path.stat().st_size
            path.unlink()
            found.members = iter([Member(name=MEMBER, size=size, pieces=pieces_of(file))])
            yield found


def _reader(copy: sqlite3.Connection) -> Rows:
    return lambda sql: copy.execute(sql).fetchall()


def _require_sound(rows: Rows) -> None:
    said = rows("PRAGMA integrity_check(1)")
    if said != [("ok",)]:
        raise DatabaseUnreadable("The copy of the database is not sound: PRAGMA integrity_check finds faults.")


@contextmanager
def loaded(parts: Iterator[tuple[str, IO[bytes]]], folder: Path) -> Iterator[tuple[Rows, list[str]]]:
    """Load the database of a backup into a file of its own below `folder`; yield how to read it, and its tables."""
    with private_folder(folder) as private:
        path = private / MEMBER
        _write(parts, path)
        try:
            with closing(sqlite3.connect(path)) as copy:
                rows = _reader(copy)
                _require_sound(rows)
                yield rows, [name for (name,) in rows(TABLES)]
        except sqlite3.Error as error:
            raise DatabaseUnreadable(f"The database in the backup cannot be read: {error}.") from None


def _write(parts: Iterator[tuple[str, IO[bytes]]], path: Path) -> None:
    with new_private_file(path) as file:
        for _, part in parts:
            shutil.copyfileobj(part, file, PIECE)
        file.flush()
        os.fsync(file.fileno())


def put_back(parts: Iterator[tuple[str, IO[bytes]]], *, now: datetime) -> str:
    """Put the database of a backup in the place of the site's own, and return what became of the old one.

    The new file is complete and checked before the old one is touched; the old one is kept aside with
    its write-ahead log. Raises InTheWay while somebody has the old one open, and DatabaseUnreadable.
    """
    place = live()
    place.parent.mkdir(parents=True, exist_ok=True)
    with private_folder(place.parent) as private:
        new = private / MEMBER
        _write(parts, new)
        with closing(sqlite3.connect(new)) as copy:
            _require_sound(_reader(copy))
        with _alone(place):
            said = _set_aside(place, place.parent / f"replaced-{now:%Y%m%dT%H%M%S}")
            os.replace(new, place)
            sync_folder(place.parent)
    return said


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the lock that nobody gets while a connection is open. Raises InTheWay.

    A process that went on with the replaced file would write requests where nobody looks for them.
    """
    if not place.exists():
        yield
        return
    connection.close()
    with place.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
        except OSError:
            raise InTheWay("Somebody has the database open: stop web and worker first. Nothing was changed.") from None
        yield


def _set_aside(place: Path, aside: Path) -> str:
    files = [path for path in (place, *_companions(place)) if path.exists()]
    if not files:
        return "There was no database before."
    aside.mkdir(mode=0o700)
    for path in files:
        os.link(path, aside / path.name)
    sync_folder(aside)
    # The log belongs to the old file: beside the new one it would be written into that.
    for path in _companions(place):
        path.unlink(missing_ok=True)
    return f"The old database lies in {aside}: delete that folder once you are sure that you need nothing from it."


def _companions(place: Path) -> list[Path]:
    return [place.with_name(place.name + ending) for ending in ("-wal", "-shm", "-journal")]
