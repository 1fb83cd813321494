"""Encrypt every personal field with the first key of FIELD_KEYS. OPERATIONS.md says when and how."""

from collections.abc import Iterable

from django.core.management.base import BaseCommand, CommandError

from clinic_site.core.rotation import Column, Unreadable, encrypted_places, old_values, rotate


class Command(BaseCommand):
    help = "Encrypt every personal field anew with the first key of FIELD_KEYS. May be stopped and run again."

    def add_arguments(self, parser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--dry-run", action="store_true", help="open every value and count, change nothing")
        only.add_argument(
            "--check", action="store_true", help="end with 1 unless the first key alone opens every value"
        )

    def handle(self, *args, dry_run: bool, check: bool, **options) -> None:
        old = 0
        for column in encrypted_places():
            try:
                old += self._walk(column, old_values(column) if check else rotate(column, writes=not dry_run))
            except Unreadable as error:
                raise CommandError(f"{error}. Nothing further was changed.") from None
        if check and old:
            raise CommandError(f"{old} values need an older key. Run rotate_keys before you remove it.")
        self.stdout.write(
            "The first key opens every value: the older keys can be removed."
            if check
            else f"{old} values {'are to be' if dry_run else 'were'} encrypted anew."
        )

    def _walk(self, column: Column, batches: Iterable[tuple[int, int]]) -> int:
        """Follow `batches` aloud, and return how many values an older key wrote."""
        seen = old = 0
        for seen_here, old_here in batches:
            seen, old = seen + seen_here, old + old_here
            self.stdout.write(f"{column.table}.{column.name}: {seen} values seen, {old} under an older key")
        return old
