"""Work that is due once a day, whichever worker gets to it first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils import timezone

from .models import JobRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DailyJob:
    """A function that runs once a day, after `not_before` in the clinic's time zone."""

    name: str
    run: Callable[..., None]
    not_before: time


def run_due_jobs(jobs: list[DailyJob], *, now: datetime) -> None:
    """Run each job whose time has come and that no worker has taken today.

    A job is called with `now` alone. One that raises is logged, and marked with the kind of error.
    """
    local = timezone.localtime(now)
    for job in jobs:
        if local.time() < job.not_before:
            continue
        run = _claim(job.name, period=local.date().isoformat(), now=now)
        if run is None:
            continue
        try:
            job.run(now=now)
        except Exception as error:  # one job's fault must not stop the worker
            logger.exception("job %s failed", job.name)
            run.error = type(error).__name__
        run.finished_at = timezone.now()
        run.save(update_fields=["finished_at", "error"])


def _claim(name: str, *, period: str, now: datetime) -> JobRun | None:
    if JobRun.objects.filter(name=name, period=period).exists():
        return None
    try:
        with transaction.atomic():
            return JobRun.objects.create(name=name, period=period, started_at=now)
    except IntegrityError:
        return None
