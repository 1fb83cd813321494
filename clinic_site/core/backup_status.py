"""How the backups stand, in words for staff: read from what the worker's jobs left, by whoever must be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from .audit_words import name_actions, name_subjects
from .dashboard import Banner
from .models import JobRun

name_subjects(backup="Backup", site="Site")
name_actions(site_restored="Brought the site back from a backup", site_exported="Exported the whole site")

BACKUP_JOB, VERIFY_JOB = "backup", "verify-backup"
# A day with an hour more, as one is each autumn, and another to spare.
BACKUP_IS_LATE_AFTER = timedelta(hours=26)
CHECK_IS_LATE_AFTER = timedelta(days=8)
# Longer than either takes: then whoever ran it has died.
STUCK_AFTER = timedelta(hours=1)

WHAT_FAILED = {
    "NoKey": "BACKUP_KEY is not set, or is no age identity",
    "AlreadyRunning": "another backup was under way",
    "DiskFull": "the disk is full",
    "NotWritten": "the folder of the backups cannot be written",
    "DatabaseUnreadable": "the database could not be copied, or the copy is not sound",
    "ToolMissing": "pg_dump is missing, or older than the PostgreSQL server",
    "CopyFailed": "it lies on this machine, but its copy did not reach BACKUP_COPY_URL",
    "NoBackup": "there is no backup to check",
    "EmptyBackup": "the newest backup is an empty file",
    "WrongKey": "no key of BACKUP_KEY opens the newest backup",
    "DamagedBackup": "the newest backup is damaged or cut off",
    "NotTheSame": "the newest backup does not hold what was put into it",
    "FieldKeysDoNotFit": "FIELD_KEYS does not open the personal fields in the newest backup",
    "PicturesMissing": "pictures could not be read: run check_pictures",
    "RestoreFailed": "a database did not take the newest backup",
    "": "the worker stopped in the middle of it",
}


@dataclass(frozen=True)
class Standing:
    """How one of the jobs stands: its last run, and when a run of it last came to a good end."""

    last: JobRun | None
    good_at: datetime | None

    def failed(self, *, now: datetime) -> JobRun | None:
        """The last run, if it failed or was broken off."""
        run = self.last
        if run is None or (run.finished_at and not run.error):
            return None
        return run if run.finished_at or run.started_at <= now - STUCK_AFTER else None


def _standings() -> dict[str, Standing]:
    jobs = JobRun.objects.filter(name__in=[BACKUP_JOB, VERIFY_JOB]).order_by().values("name")
    found = {row["name"]: row for row in jobs.annotate(last=Max("pk"), good_at=Max("finished_at", filter=Q(error="")))}
    runs = JobRun.objects.in_bulk([row["last"] for row in found.values()])
    return {
        name: Standing(runs[found[name]["last"]], found[name]["good_at"]) if name in found else Standing(None, None)
        for name in (BACKUP_JOB, VERIFY_JOB)
    }


def last_backup_at() -> datetime | None:
    """When the newest good backup was finished; None when there never was one."""
    good = JobRun.objects.filter(name=BACKUP_JOB, error="", finished_at__isnull=False)
    return good.aggregate(at=Max("finished_at"))["at"]


def trouble(*, now: datetime) -> list[str]:
    """Return what is wrong with the backups; nothing when all is well.

    A site that has not run for 26 hours yet is not missed.
    """
    standings, found = _standings(), []
    backup, check = standings[BACKUP_JOB], standings[VERIFY_JOB]
    if run := backup.failed(now=now):
        found.append(f"The backup of {_words(run)}.")
    elif _is_late(backup, BACKUP_IS_LATE_AFTER, now=now):
        found.append("No backup has been made for 26 hours.")
    if run := check.failed(now=now):
        found.append(f"The check of the backup of {_words(run)}.")
    elif _is_late(check, CHECK_IS_LATE_AFTER, now=now):
        found.append("For eight days nobody has tried whether the backups can be restored.")
    return found


def banners(user, *, now: datetime) -> list[Banner]:
    """Return `trouble` as warnings for those who manage who is told of requests."""
    if not user.has_perm("consults.change_recipient"):
        return []
    return [Banner(text=f"{text} Tell whoever runs the site.") for text in trouble(now=now)]


def needs_another_try(*, now: datetime) -> str | None:
    """Return the kind of error of the last backup when it failed at least five minutes ago, else None."""
    run = _standings()[BACKUP_JOB].failed(now=now)
    return run.error if run and run.started_at <= now - timedelta(minutes=5) else None


def _words(run: JobRun) -> str:
    at = timezone.localtime(run.started_at)
    return f"{at:%A, %-I:%M %p} failed: {WHAT_FAILED.get(run.error, 'an unexpected fault, see the worker’s log')}"


def _is_late(job: Standing, after: timedelta, *, now: datetime) -> bool:
    if job.good_at:
        return job.good_at <= now - after
    first = JobRun.objects.order_by("pk").first()
    return first is not None and first.started_at <= now - after
