"""What is missing before the site may open, on the command line."""

import json
import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic_site.launch import State, is_ready, lines


class Command(BaseCommand):
    help = (
        "List what is missing before the site may open. Ends with 1 while something is missing without which "
        "requests would be lost or readers misled; advice does not count."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="a JSON list of objects instead of text")

    def handle(self, *args, **options) -> None:
        found = lines(now=timezone.now())
        if options["json"]:
            rows = [
                {
                    "part": line.part.title,
                    "check": line.check,
                    "state": line.state,
                    "text": line.text,
                    "where": line.where,
                }
                for line in found
            ]
            self.stdout.write(json.dumps(rows, indent=1))
        else:
            for line in found:
                self.stdout.write(f"{line.state:8} {line.text}{f'  [{line.where}]' if line.where else ''}")
            count = sum(line.state == State.MISSING for line in found)
            self.stdout.write(f"\nMissing: {count}" if count else "\nNothing is missing.")
        if not is_ready(found):
            sys.exit(1)
