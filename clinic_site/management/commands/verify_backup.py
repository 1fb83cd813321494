"""Prove that a backup can be restored. The worker does it each week by itself."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic_site.backups.commands import ended_by_signal, recorded
from clinic_site.backups.troubles import BackupTrouble
from clinic_site.backups.verifying import verify_backup
from clinic_site.core.backup_status import VERIFY_JOB


class Command(BaseCommand):
    help = "Load a backup into a scratch place and compare it with its manifest. Ends with 1 when it is not good."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the backup; default: the newest")

    def handle(self, *args, file: Path | None, **options) -> None:
        ended_by_signal()
        try:
            if file:
                found = verify_backup(file)
            else:
                found = recorded(VERIFY_JOB, lambda *, now: verify_backup(), now=timezone.now())
        except BackupTrouble as error:
            raise CommandError(str(error)) from None
        if found.is_loaded:
            self.stdout.write(
                f"{found.path.name} is good: {found.rows:,} rows in {found.tables} tables, {found.files} files, "
                f"{found.opened} personal values opened."
            )
        else:
            self.stdout.write(
                f"{found.path.name} can be read to its end, with {found.files} files as they were. It was not loaded: "
                "the database role may not make databases (ALTER ROLE … CREATEDB), so rows were not counted."
            )
