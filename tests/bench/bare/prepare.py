"""Makes the table of the yardsticks: `python -m tests.bench.bare.prepare`."""

import os

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.bare_settings"
    django.setup()
    from django.db import connection

    from .models import Entry

    with connection.schema_editor() as editor:
        editor.create_model(Entry)
    Entry.objects.create(name="Dana Whitfield", location="Birmingham", contact_by="call", email="dana@mail.example")


if __name__ == "__main__":
    main()
