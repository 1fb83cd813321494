"""The folder in which the backups lie: their names, one writer at a time, what is kept for how long."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from .troubles import AlreadyRunning, NoBackup, NotWritten

PREFIX, SUFFIX = "clinic-", ".tar.gz.age"
STAMP = "%Y%m%dT%H%M%SZ"
VERIFIED = ".verified"


def name_for(now: datetime) -> str:
    """Return what a backup made at `now` is called: the names sort by time."""
    return f"{PREFIX}{now.astimezone(UTC):{STAMP}}{SUFFIX}"


def made_at(name: str) -> datetime:
    """Return when the backup called `name` was made, to the second."""
    return datetime.strptime(name[len(PREFIX) : -len(SUFFIX)], STAMP).replace(tzinfo=UTC)


def is_name(name: str) -> bool:
    """Whether `name` is one of ours."""
    try:
        return name == name_for(made_at(name))
    except ValueError:
        return False


def backups() -> list[Path]:
    """Return all backups, oldest first."""
    return sorted(path for path in settings.BACKUP_DIR.glob(f"{PREFIX}*{SUFFIX}") if is_name(path.name))


def newest() -> Path:
    """Return the newest backup. Raises NoBackup."""
    found = backups()
    if not found:
        raise NoBackup(f"There is no backup in {settings.BACKUP_DIR}.")
    return found[-1]


def mark_verified(path: Path) -> None:
    """Note beside a backup that it was read back and found good."""
    marker = path.with_name(path.name + VERIFIED)
    marker.touch(mode=0o600)


def is_verified(path: Path) -> bool:
    return path.with_name(path.name + VERIFIED).exists()


def outdated(names: list[str], *, verified: set[str], now: datetime) -> list[str]:
    """Return those of `names` that are older than BACKUP_KEEP_DAYS: never the newest, never the newest verified one."""
    names = sorted(names)
    kept = {*names[-1:], *[name for name in names if name in verified][-1:]}
    before = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
    return [name for name in names if name not in kept and made_at(name) < before]


def rotate(*, now: datetime) -> None:
    """Delete the backups that are outdated."""
    found = {path.name: path for path in backups()}
    verified = {name for name, path in found.items() if is_verified(path)}
    for name in outdated(list(found), verified=verified, now=now):
        found[name].unlink()
        found[name].with_name(name + VERIFIED).unlink(missing_ok=True)


@contextmanager
def only_one() -> Iterator[Path]:
    """Hold the folder alone, clear away what a killed process left, and yield it.

    Raises AlreadyRunning while somebody else holds it, and NotWritten when it cannot be used.
    """
    folder = settings.BACKUP_DIR
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritten(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise AlreadyRunning("Another backup, check or restore is under way. Nothing was changed.") from None
    try:
        for left in folder.glob(".unfinished-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
    finally:
        os.close(lock)


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder that nobody else may look into, gone when the block ends, however it ends.

    Only SIGKILL leaves it behind: then `only_one` clears it away the next time.
    """
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_private_file(path: Path) -> IO[bytes]:
    """Make a file that only its owner may read, from the first byte. Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def sync_folder(folder: Path) -> None:
    """Make sure that the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
