"""The initial content, loaded once for a whole run and copied into the database of each test that asks for it.

Loading takes about a second, copying a fiftieth of that, and hundreds of tests ask.
"""

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction

from clinic_site.core.models import ContentChange

APPS = ("core", "locations", "articles", "consults")
SEARCH_INDEX = "core_search_index"  # SQLite's own table, which no model describes

# Rows by table and columns: for SQLite as tuples, for PostgreSQL as the bytes of COPY.
Copy = dict[tuple[str, str], object]


def copy_of_content() -> Copy:
    """Load the content as `make run` does, return a copy of it, and leave the database as it was."""
    with transaction.atomic():
        call_command("load_content", verbosity=0)
        copy = {key: _read(*key) for key in _tables()}
        transaction.set_rollback(True)
    return copy


def put_content(copy: Copy) -> None:
    """Write a copy into a database without content."""
    with transaction.atomic():
        for (table, columns), rows in copy.items():
            _write(table, columns, rows)
        if connection.vendor == "postgresql":
            models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(no_style(), models):
                    cursor.execute(statement)


def _tables() -> list[tuple[str, str]]:
    models = [model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)]
    models.remove(ContentChange)  # writing the others writes it
    with connection.cursor() as cursor:
        described = {
            model._meta.db_table: connection.introspection.get_table_description(cursor, model._meta.db_table)
            for model in models
        }
    computed = {field.column for model in models for field in model._meta.concrete_fields if field.generated}
    tables = [
        (table, ", ".join(f'"{column.name}"' for column in columns if column.name not in computed))
        for table, columns in described.items()
    ]
    return tables + ([(SEARCH_INDEX, "rowid, title, summary, body")] if connection.vendor == "sqlite" else [])


def _read(table: str, columns: str) -> object:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as stream:
                return b"".join(bytes(part) for part in stream)
        cursor.execute(f"SELECT {columns} FROM {table}")
        return cursor.fetchall()


def _write(table: str, columns: str, rows) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
                stream.write(rows)
        else:
            if table == SEARCH_INDEX:  # Django, which does not know it, left it full when it emptied the others
                cursor.execute(f"DELETE FROM {table}")
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
