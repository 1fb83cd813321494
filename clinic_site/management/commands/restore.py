"""Bring the site back from a backup. OPERATIONS.md has the steps around it."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic_site.backups import copies
from clinic_site.backups.commands import ended_by_signal
from clinic_site.backups.folder import newest, only_one
from clinic_site.backups.restoring import restore
from clinic_site.backups.troubles import BackupTrouble


class Command(BaseCommand):
    help = "Put the database and the pictures of a backup in place. Stop web and worker first."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("file", nargs="?", type=Path, help="the backup")
        which.add_argument("--latest", action="store_true", help="the newest one in BACKUP_DIR")
        which.add_argument("--fetch", action="store_true", help="the newest one at BACKUP_COPY_URL")
        parser.add_argument("--replace", action="store_true", help="over a database that holds requests")
        parser.add_argument(
            "--without-field-keys", action="store_true", help="although FIELD_KEYS cannot open the personal fields"
        )

    def handle(
        self, *args, file: Path | None, latest: bool, fetch: bool, replace: bool, without_field_keys: bool, **options
    ) -> None:
        ended_by_signal()
        try:
            path = file or (_fetched() if fetch else newest())
            restore(
                path,
                replaces=replace,
                without_keys=without_field_keys,
                now=timezone.now(),
                say=self.stdout.write,
            )
        except BackupTrouble as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Start web and worker again, and look at /readyz.")


def _fetched() -> Path:
    with only_one():
        return copies.fetch()
