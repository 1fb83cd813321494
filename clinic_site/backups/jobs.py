"""What the worker does for the backups, by the clock."""

from datetime import datetime, time, timedelta

from clinic_site.core.backup_status import BACKUP_JOB, needs_another_try
from clinic_site.core.jobs import DailyJob, FrequentJob, run_due_jobs

from . import copies, erased
from .folder import only_one
from .making import make_backup
from .troubles import CopyFailed
from .verifying import verify_backup


def back_up(*, now: datetime) -> None:
    """Make the backup of the day. Raises a BackupTrouble."""
    erased.note_erased(now=now)
    make_backup(now=now)


def send_copy(*, now: datetime) -> None:
    """Send the copy that did not leave. Raises CopyFailed."""
    with only_one():
        copies.send(now=now)


def back_up_again(*, now: datetime) -> None:
    """Try again once an hour after a backup failed: whole, or only its copy."""
    error = needs_another_try(now=now)
    if error is not None:
        job = send_copy if error == CopyFailed.__name__ else back_up
        run_due_jobs([FrequentJob(BACKUP_JOB, job, every=timedelta(hours=1))], now=now)


def verify(*, now: datetime) -> None:
    """Prove that the newest backup can be restored. Raises a BackupTrouble."""
    verify_backup()


DAILY_BACKUP = DailyJob(BACKUP_JOB, back_up, not_before=time(2, 30))
