"""/readyz: whether the site can do its work, for monitors and load balancers. It says nothing of anybody."""

from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError
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


def problems(*, now: datetime) -> list[str]:
    """Return what keeps the site from doing its work, one line each; nothing when it is ready."""
    try:
        _write(now)
        found = [] if worker_is_alive(now=now) else ["worker: not seen for two minutes"]
        found += [f"daily test: {text}" for text in silence.trouble(now=now)]
        return found + [f"backup: {text}" for text in backup_status.trouble(now=now)]
    except (DatabaseError, InterfaceError):
        return ["database: cannot be written"]


def _write(now: datetime) -> None:
    """Write to the database for real, the disk included. Raises DatabaseError or InterfaceError."""
    row, _ = JobRun.objects.get_or_create(name=CHECK, period=CHECK, defaults={"started_at": now, "finished_at": now})
    if not timedelta() <= now - row.finished_at < WRITE_EVERY:
        JobRun.objects.filter(pk=row.pk).update(finished_at=now)


@require_safe
def readyz(request) -> HttpResponse:
    """Answer 200 and "ok", or 503 and one line for each problem."""
    found = problems(now=timezone.now())
    response = HttpResponse(
        "\n".join(found or ["ok"]) + "\n", status=503 if found else 200, content_type="text/plain; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
