"""Make the search's index anew from what the database holds."""

from django.core.management.base import BaseCommand

from clinic_site.search import is_complete, reindex


class Command(BaseCommand):
    help = (
        "Index every article, question, clinic and page for the search. Staff need it never; "
        "run it after rows were written by hand or a dump was loaded."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--if-incomplete", action="store_true", help="do nothing when nothing is missing")

    def handle(self, *args, if_incomplete: bool, verbosity: int, **options) -> None:
        if if_incomplete and is_complete():
            return
        counts = reindex()
        if verbosity:
            self.stdout.write(f"Indexed for the search: {', '.join(f'{kind} {n}' for kind, n in counts.items())}")
