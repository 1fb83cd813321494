"""Whom a restored backup would bring back: the references of requests that were erased since.

They are kept in a file beside the backups, because the database that is brought back does not know of
them. A reference is a random word: it says nothing about anybody, and only the erased request had it.
"""

import os
from datetime import datetime, timedelta

from django.conf import settings

from clinic_site.core.models import AuditEntry
from consults.models import ConsultRequest
from consults.retention import delete_some

from . import folder

FILE = "erased-requests.txt"
HEAD = (
    "# References of requests that were erased. `manage.py restore` erases them again. Keep this beside the backups.\n"
)
ACTION = "request-erased"
# A backup may be kept a while longer than it should; a line costs 30 bytes.
KEPT_LONGER = timedelta(days=30)


def note_erased(*, now: datetime) -> None:
    """Bring the file up to date with the audit trail. The worker does it every few minutes."""
    since = now - timedelta(days=settings.BACKUP_KEEP_DAYS) - KEPT_LONGER
    entries = AuditEntry.objects.filter(action=ACTION, at__gte=since).values_list("subject", "at")
    lines = {subject.removeprefix("consult:"): f"{at:%Y-%m-%d}" for subject, at in entries}
    known = _read()
    # What the file knows stays, too: after a restore the audit trail no longer does.
    merged = {**lines, **{reference: day for reference, day in known.items() if day >= f"{since:%Y-%m-%d}"}}
    if merged != known:
        _write(merged)


def take_in(text: str) -> None:
    """Add the lines of another such file to ours."""
    known = _read()
    merged = {**_parse(text), **known}
    if merged != known:
        _write(merged)


def text() -> str:
    """Return the file as it lies there; '' when nobody was ever erased."""
    path = settings.BACKUP_DIR / FILE
    return path.read_text() if path.exists() else ""


def _read() -> dict[str, str]:
    return _parse(text())


def _parse(lines: str) -> dict[str, str]:
    pairs = (line.split() for line in lines.splitlines() if not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _write(references: dict[str, str]) -> None:
    settings.BACKUP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.BACKUP_DIR / FILE
    unfinished = path.with_name(f".{FILE}.new")
    unfinished.unlink(missing_ok=True)
    with folder.new_private_file(unfinished) as file:
        lines = [f"{reference} {day}\n" for reference, day in sorted(references.items())]
        file.write("".join([HEAD, *lines]).encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder.sync_folder(settings.BACKUP_DIR)


def erase_again(*, now: datetime) -> int:
    """Erase every request that the file names and the database holds, and return how many there were."""
    references, erased = list(_read()), 0
    for start in range(0, len(references), 500):
        due = ConsultRequest.objects.filter(reference__in=references[start : start + 500])
        while some := delete_some(due, action=ACTION, now=now, reason="restored"):
            erased += some
    return erased
