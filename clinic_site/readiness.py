"""/livez and /readyz: whether the process answers, whether the site can do its work. They say nothing of anybody."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic_site.core import backup_status
from clinic_site.core.dashboard import worker_is_alive
from clinic_site.core.models import JobRun
from consults import silence

# A row is written this often at most: everybody may ask, and each write waits for the disk.
WRITE_EVERY = timedelta(seconds=10)
CHECK = "readyz"
# In bytes: both databases have room for a small row on a disk that has none for a request.
ROOM = 1_000_000
LEAST_ROW = 20


def problems(*, now: datetime) -> list[str]:
    """Return what keeps the site from doing its work, one line each; nothing when it is ready."""
    try:
        _write(now)
        found = [] if worker_is_alive(now=now) else ["worker: not seen for two minutes"]
        found += [f"daily test: {text}" for text in silence.trouble(now=now)]
        return found + [f"backup: {text}" for text in backup_status.trouble(now=now)]
    except (DatabaseError, InterfaceError):
        return ["database: cannot be written"]
    except OSError:
        return ["disk: no room beside the database"]


def _write(now: datetime) -> None:
    """Write to the database for real, the disk included. Raises DatabaseError, InterfaceError or OSError."""
    row, _ = JobRun.objects.get_or_create(name=CHECK, period=CHECK, defaults={"started_at": now, "finished_at": now})
    if not timedelta() <= now - row.finished_at < WRITE_EVERY:
        _take_room()
        JobRun.objects.filter(pk=row.pk).update(finished_at=now)


def _take_room() -> None:
    """Ask the database's disk for room and give it back. Raises DatabaseError or OSError."""
    if connection.vendor == "sqlite":
        with TemporaryFile(dir=Path(connection.settings_dict["NAME"]).parent) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM)
        return
    # Rows that memory is too small for go to a file beside the data, and to no log of changes.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute("SELECT count(*) FROM generate_series(1, %s)", [ROOM // LEAST_ROW])


@require_safe
def livez(request) -> HttpResponse:
    """Answer "ok" from memory: whoever gets nothing should start the process again, which helps no database."""
    return _plain(["ok"], status=200)


@require_safe
def readyz(request) -> HttpResponse:
    """Answer 200 and "ok", or 503 and one line for each problem."""
    found = problems(now=timezone.now())
    return _plain(found or ["ok"], status=503 if found else 200)


def _plain(lines: list[str], *, status: int) -> HttpResponse:
    response = HttpResponse("\n".join(lines) + "\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
