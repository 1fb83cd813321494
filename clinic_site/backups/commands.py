"""What the commands about backups share."""

import signal
import sys
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from clinic_site.core.jobs import claim


def ended_by_signal() -> None:
    """Let SIGTERM and SIGHUP end the command the way Ctrl-C does: whatever lies half done is cleared away."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))


def recorded(job: str, run: Callable, *, now: datetime):
    """Call `run` with `now`, keep how it went as the worker's jobs do, and return what it returns."""
    row = claim(job, period=f"{now:%Y%m%dT%H%M%S%f}"[:20], now=now)
    try:
        return run(now=now)
    except BaseException as error:
        if row:
            row.error = type(error).__name__
        raise
    finally:
        if row:
            row.finished_at = timezone.now()
            row.save(update_fields=["finished_at", "error"])
