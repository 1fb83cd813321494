"""Making a backup: the database at one moment, the pictures, and a manifest of both."""

import errno
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import ModuleType

import django
from django.db import connection

from clinic_site.core.encryption import encrypt

from . import copies, folder, postgres, sqlite
from .archive import FORMAT, packed
from .media import media_members
from .sealing import identities, seal
from .troubles import DiskFull, NotWritten

KEY_CHECK = "FIELD_KEYS opens this"


def database() -> ModuleType:
    """Return the module that knows the site's kind of database."""
    return sqlite if connection.vendor == "sqlite" else postgres


def make_backup(*, now: datetime) -> Path:
    """Write a backup as it stands at `now`, delete outdated ones, send a copy away, and return its path.

    The file has its name only once it is whole and on the disk. Raises a BackupTrouble; then every
    older backup is as it was. With CopyFailed alone the new backup is there.
    """
    identities()
    with folder.only_one() as place, full_disks_named():
        path = place / folder.name_for(now)
        if path.exists():
            raise NotWritten(f"{path.name} is there already: wait a second.")
        with database().snapshot(place) as snapshot:
            manifest = _manifest(snapshot, now)
            _write(path, packed(chain(snapshot.members, media_members(manifest["unreadable"])), manifest))
        folder.rotate(now=now)
        copies.send(now=now)
    return path


def _manifest(snapshot, now: datetime) -> dict:
    return {
        "format": FORMAT,
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            "django": django.get_version(),
            "database": database().version(),
        },
        "database": database().ENGINE,
        "migrations": snapshot.migrations,
        "counts": snapshot.counts,
        # Tells before a restore whether the keys at hand are those of the backup.
        "field_keys": encrypt(KEY_CHECK),
        "unreadable": [],
    }


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        with folder.new_private_file(unfinished) as file:
            seal(pieces, file)
            os.fsync(file.fileno())
        unfinished.rename(path)
        folder.sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def full_disks_named() -> Iterator[None]:
    """Turn what the disk says into DiskFull or NotWritten."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The disk is full. Whatever lay there before is untouched.") from None
        raise NotWritten(f"A file could not be read or written: {error.strerror or type(error).__name__}.") from None
