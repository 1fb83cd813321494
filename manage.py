#!/usr/bin/env python
"""Django's command line for this site. `make run` and `make test` call it for you."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.development")
    from django.core.management import execute_from_command_line

    from clinic_site.core.logs import say_uncaught_privately

    say_uncaught_privately()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
