"""A copy of each backup somewhere else: a disk that burns takes the backups on it along."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from . import erased, folder
from .archive import PIECE
from .troubles import CopyFailed, NoBackup

STORAGE = "backups"


def _elsewhere() -> Storage:
    return storages[STORAGE]


def _names(elsewhere: Storage) -> set[str]:
    return {name for name in elsewhere.listdir("")[1] if folder.is_name(name)}


def send(*, now) -> int:
    """Bring what is missing at BACKUP_COPY_URL there, delete what is outdated, and return how many were sent.

    Does nothing while that is not set. Raises CopyFailed.
    """
    if not settings.BACKUP_COPY_URL:
        return 0
    try:
        return _send(now)
    except Exception as error:  # each storage has errors of its own
        raise CopyFailed(
            f"The backup lies in {settings.BACKUP_DIR}, but no copy reached BACKUP_COPY_URL: {type(error).__name__}."
        ) from None


def _send(now) -> int:
    elsewhere = _elsewhere()
    there, sent = _names(elsewhere), 0
    here = folder.backups()
    outdated = folder.outdated([path.name for path in here], verified=set(), now=now)
    for path in here:
        if path.name not in there and path.name not in outdated:
            with path.open("rb") as file:
                elsewhere.save(path.name, File(file))
            sent += 1
    send_erased()
    verified = {path.name for path in here if folder.is_verified(path)}
    for name in folder.outdated(list(_names(elsewhere)), verified=verified, now=now):
        elsewhere.delete(name)
    return sent


def send_erased() -> None:
    """Put the list of what was erased beside the copies, and take in what is there."""
    if not settings.BACKUP_COPY_URL:
        return
    elsewhere = _elsewhere()
    if elsewhere.exists(erased.FILE):
        with elsewhere.open(erased.FILE) as file:
            there = file.read().decode()
        erased.take_in(there)
    else:
        there = ""
    text = erased.text()
    if text and text != there:
        elsewhere.delete(erased.FILE)
        elsewhere.save(erased.FILE, ContentFile(text.encode()))


def fetch() -> Path:
    """Fetch the newest copy and the list of what was erased into BACKUP_DIR. Raises NoBackup or CopyFailed."""
    if not settings.BACKUP_COPY_URL:
        raise NoBackup("BACKUP_COPY_URL is not set: there is nowhere to fetch a copy from.")
    try:
        names = sorted(_names(_elsewhere()))
        if not names:
            raise NoBackup("There is no backup at BACKUP_COPY_URL.")
        place = settings.BACKUP_DIR / names[-1]
        if not place.exists():
            unfinished = place.with_name(f".unfinished-{place.name}")
            with _elsewhere().open(place.name) as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target, PIECE)
            unfinished.chmod(0o600)
            unfinished.rename(place)
        send_erased()
        return place
    except NoBackup:
        raise
    except Exception as error:
        raise CopyFailed(f"No copy could be fetched from BACKUP_COPY_URL: {type(error).__name__}.") from None
