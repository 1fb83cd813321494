"""Make a backup now. The worker makes one each night by itself."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic_site.backups.commands import ended_by_signal, recorded
from clinic_site.backups.folder import newest
from clinic_site.backups.jobs import back_up
from clinic_site.backups.troubles import BackupTrouble
from clinic_site.core.backup_status import BACKUP_JOB


class Command(BaseCommand):
    help = "Write an encrypted backup of the database and the pictures into BACKUP_DIR, while the site runs."

    def handle(self, *args, **options) -> None:
        ended_by_signal()
        try:
            recorded(BACKUP_JOB, back_up, now=timezone.now())
        except BackupTrouble as error:
            raise CommandError(str(error)) from None
        path = newest()
        self.stdout.write(f"Wrote {path} ({path.stat().st_size:,} bytes).")
