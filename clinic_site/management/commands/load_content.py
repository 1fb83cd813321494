"""Load the initial content: the clinic, its locations, articles, questions, pages and texts."""

from itertools import groupby
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic_site.content_files import ContentError
from clinic_site.content_loader import FOLDER, load_content


class Command(BaseCommand):
    help = (
        "Load the initial content that this database was never offered. "
        "What staff changed or deleted stays as they left it. With --verbosity 2, each row is named."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, default=FOLDER, help="a folder that export_site wrote: its content/"
        )

    def handle(self, *args, verbosity: int, folder: Path, **options) -> None:
        try:
            created = load_content(now=timezone.now(), folder=folder)
        except ContentError as error:
            raise CommandError(f"{error}. Nothing was loaded.") from error
        if not verbosity:
            return
        if not created:
            self.stdout.write("The initial content is already there.")
        for kind, entries in groupby(created, lambda entry: entry.kind):
            names = [entry.name for entry in entries]
            self.stdout.write(f"Loaded {kind}: {len(names)}")
            if verbosity > 1:
                for name in names:
                    self.stdout.write(f"  {name}")
