"""Periodic work, done by whichever worker gets to it first."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from .models import JobRun

logger = logging.getLogger(__name__)

# How long it is kept that a job ran; the last good run of each job is kept for ever.
KEEP_RUNS_FOR = timedelta(days=14)


@dataclass(frozen=True)
class DailyJob:
    """A function that runs once a day, after `not_before` in the clinic's time zone."""

    name: str
    run: Callable[..., None]
    not_before: time

    def period(self, local: datetime) -> str | None:
        """The day that a run at `local` stands for, or None while it is not due."""
        return local.date().isoformat() if local.time() >= self.not_before else None


@dataclass(frozen=True)
class WeeklyJob:
    """A function that runs once a week: from `not_before` on `weekday`, or later in a week that was missed.

    `weekday` counts from 0, Monday, to 6, Sunday, on which the week ends.
    """

    name: str
    run: Callable[..., None]
    weekday: int
    not_before: time

    def period(self, local: datetime) -> str | None:
        """The week that a run at `local` stands for, such as 2026-W48, or None while it is not due."""
        if (local.weekday(), local.time()) < (self.weekday, self.not_before):
            return None
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02}"


@dataclass(frozen=True)
class FrequentJob:
    """A function that runs once in each stretch of time as long as `every`, which must divide a day."""

    name: str
    run: Callable[..., None]
    every: timedelta

    def period(self, local: datetime) -> str:
        """The start of the stretch in which `local` lies, such as 2026-11-25T15:05Z.

        In UTC: on the wall, one hour of the year comes twice.
        """
        moment = local.astimezone(UTC)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{moment - (moment - midnight) % self.every:%Y-%m-%dT%H:%MZ}"


Job = DailyJob | WeeklyJob | FrequentJob


def run_due_jobs(jobs: Sequence[Job], *, now: datetime) -> None:
    """Run each job whose time has come and that no worker has taken in this period.

    A job is called with `now` alone. One that raises is logged, and marked with the kind of error.
    """
    local = timezone.localtime(now)
    for job in jobs:
        period = job.period(local)
        run = claim(job.name, period=period, now=now) if period else None
        if run is None:
            continue
        try:
            job.run(now=now)
        except Exception as error:  # one job's fault must not stop the worker
            logger.exception("job %s failed", job.name)
            run.error = type(error).__name__
        run.finished_at = timezone.now()
        run.save(update_fields=["finished_at", "error"])


def do_idle_work(works: Sequence[Callable[..., object]], *, now: datetime) -> None:
    """Call each of `works` with `now`: things that can wait for mails. Each does a little and comes back.

    One that raises is logged: it must not stop the worker, nor the others.
    """
    for work in works:
        try:
            work(now=now)
        except Exception:
            logger.exception("idle work %s failed", getattr(work, "__name__", work))


def claim(name: str, *, period: str, now: datetime) -> JobRun | None:
    """Return the row that says this work is ours in `period`, or None when somebody has it or has done it."""
    if JobRun.objects.filter(name=name, period=period).exists():
        return None
    try:
        with transaction.atomic():
            return JobRun.objects.create(name=name, period=period, started_at=now)
    except IntegrityError:
        return None


def forget_old_runs(*, now: datetime) -> None:
    """Delete what is kept of runs older than 14 days, but for the last good run of each job."""
    last_good = JobRun.objects.filter(error="", finished_at__isnull=False).values("name").annotate(last=Max("pk"))
    JobRun.objects.filter(started_at__lt=now - KEEP_RUNS_FOR).exclude(pk__in=last_good.values("last")).delete()
