"""Periodic work, done by whichever worker gets to it first."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from .models import JobRun

logger = logging.getLogger(__name__)

# How long it is kept that a job ran; the last good run of each job is kept for ever.
KEEP_RUNS_FOR = timedelta(days=14)
# A run that has not ended by then belongs to a worker that died: longer than any job takes.
TAKEN_OVER_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class DailyJob:
    """A function that runs once a day, after `not_before` in the clinic's time zone.

    A worker may die in the middle of a run, and another one runs the job again. With `at_once`, all
    that it writes and the mark that it ended are one transaction: such a job does nothing but write,
    and has its effect exactly once. Any other must do no harm when it runs twice.
    """

    name: str
    run: Callable[..., None]
    not_before: time
    at_once: bool = False

    def period(self, local: datetime) -> str | None:
        """The day that a run at `local` stands for, or None while it is not due."""
        return local.date().isoformat() if local.time() >= self.not_before else None


@dataclass(frozen=True)
class WeeklyJob:
    """A function that runs once a week: from `not_before` on `weekday`, or later in a week that was missed.

    `weekday` counts from 0, Monday, to 6, Sunday, on which the week ends. `at_once` is as for a DailyJob.
    """

    name: str
    run: Callable[..., None]
    weekday: int
    not_before: time
    at_once: bool = False

    def period(self, local: datetime) -> str | None:
        """The week that a run at `local` stands for, such as 2026-W48, or None while it is not due."""
        if (local.weekday(), local.time()) < (self.weekday, self.not_before):
            return None
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02}"


@dataclass(frozen=True)
class FrequentJob:
    """A function that runs once in each stretch of time as long as `every`, which must divide a day.

    `at_once` is as for a DailyJob.
    """

    name: str
    run: Callable[..., None]
    every: timedelta
    at_once: bool = False

    def period(self, local: datetime) -> str:
        """The start of the stretch in which `local` lies, such as 2026-11-25T15:05Z.

        In UTC: on the wall, one hour of the year comes twice.
        """
        moment = local.astimezone(UTC)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{moment - (moment - midnight) % self.every:%Y-%m-%dT%H:%MZ}"


Job = DailyJob | WeeklyJob | FrequentJob


class TakenOver(Exception):
    """Another worker has taken this run for that of a dead one."""


def run_due_jobs(jobs: Sequence[Job], *, now: datetime) -> None:
    """Run each job whose time has come and that no worker has taken in this period.

    A job is called with `now` alone. One that raises is logged, and marked with the kind of error. One
    that lost the database is left as it is, and taken up again as if its worker had died.
    """
    local = timezone.localtime(now)
    due = [(job, period) for job in jobs if (period := job.period(local))]
    # One question for all of them: a worker asks every second, and as a rule there is nothing to do.
    names, periods = {job.name for job, _ in due}, {period for _, period in due}
    runs = {(run.name, run.period): run for run in JobRun.objects.filter(name__in=names, period__in=periods)}
    for job, period in due:
        known = runs.get((job.name, period))
        run = _take_over(known, now=now) if known else claim(job.name, period=period, now=now)
        if run is not None:
            _run(job, run, now)


def _run(job: Job, run: JobRun, now: datetime) -> None:
    try:
        if job.at_once:
            with transaction.atomic():
                job.run(now=now)
                if not _end(run):
                    raise TakenOver
            return
        job.run(now=now)
    except (OperationalError, InterfaceError):
        logger.exception("job %s lost the database", job.name)
        return
    except Exception as error:  # one job's fault must not stop the worker
        logger.exception("job %s failed", job.name)
        run.error = type(error).__name__
    _end(run)


def _take_over(run: JobRun, *, now: datetime) -> JobRun | None:
    """Take the run over from a worker that died; None when nobody did."""
    if run.finished_at or run.started_at > now - TAKEN_OVER_AFTER:
        return None
    taken = _unfinished(run).update(started_at=now)
    run.started_at = now
    return run if taken else None


def _end(run: JobRun) -> bool:
    """Mark the run as ended. Returns False when it is no longer ours."""
    return bool(_unfinished(run).update(finished_at=timezone.now(), error=run.error))


def _unfinished(run: JobRun) -> QuerySet:
    # The moment of its start is the fence: whoever takes a run over sets another.
    return JobRun.objects.filter(pk=run.pk, started_at=run.started_at, finished_at=None)


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
