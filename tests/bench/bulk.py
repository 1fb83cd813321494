"""Storing rows as fast as the database takes them: COPY on PostgreSQL, one long transaction on SQLite."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.core.management.color import no_style
from django.db import connection, models, transaction

IS_SQLITE = connection.vendor == "sqlite"
ROWS_AT_ONCE = 5_000


def store(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Store rows of plain values. What the database itself fills in may be left out of `columns`."""
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if IS_SQLITE:
            marks = ", ".join("?" * len(columns))
            # The driver's own cursor: Django's would look at each statement's parameters once more.
            connection.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)


def moment(value: datetime | None):
    """A moment in UTC as the database takes it from `store`."""
    if value is None or not IS_SQLITE:
        return value
    return value.replace(tzinfo=None).isoformat(" ")


@contextmanager
def loading(*tables: type[models.Model]) -> Iterator[None]:
    """Within, rows of `tables` are stored without indexes and foreign keys, which are made anew at the end."""
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-400000")
        else:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET synchronous_commit = off")
            cursor.execute("SET maintenance_work_mem = '512MB'")
        drops, makes = _sqlite_parts(cursor, tables) if IS_SQLITE else _postgresql_parts(cursor, tables)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in drops:
            cursor.execute(statement)
        yield
        for statement in Progress("indexes").over(makes):
            cursor.execute(statement)
        if not IS_SQLITE:
            for statement in connection.ops.sequence_reset_sql(no_style(), tables):
                cursor.execute(statement)


def _sqlite_parts(cursor, tables) -> tuple[list[str], list[str]]:
    names = [table._meta.db_table for table in tables]
    marks = ", ".join(["%s"] * len(names))
    cursor.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
        names,
    )
    found = cursor.fetchall()
    return [f'DROP INDEX "{name}"' for name, _ in found], [sql for _, sql in found]


def _postgresql_parts(cursor, tables) -> tuple[list[str], list[str]]:
    names = [table._meta.db_table for table in tables]
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
        [names],
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
        [names],
    )
    indexes = cursor.fetchall()
    drops = [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name, _ in keys]
    drops += [f"DROP INDEX {name}" for name, _ in indexes]
    makes = [sql for _, sql in indexes]
    makes += [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {sql}' for table, name, sql in keys]
    return drops, makes


class Progress:
    """One line on the screen that says how far a step is, rewritten a few times a second on a terminal."""

    def __init__(self, what: str) -> None:
        self._what, self._started = what, time.monotonic()
        self._last = self._started

    def over(self, items: Sequence, *, total: int = 0) -> Iterator:
        """Yield the items of a sequence, which stand for `total` things; 0: each for one."""
        total = total or len(items)
        for number, item in enumerate(items):
            self._say(number * total // len(items), total)
            yield item
        self._say(total, total, is_end=True)

    def _say(self, done: int, total: int, *, is_end: bool = False) -> None:
        now, is_terminal = time.monotonic(), sys.stdout.isatty()
        if not is_end and now - self._last < (0.2 if is_terminal else 20):
            return
        self._last = now
        bar = ("#" * (20 * done // max(total, 1))).ljust(20, ".")
        line = f"  {self._what:<12} [{bar}] {done:>9,} of {total:>9,}  {now - self._started:5.0f} s"
        print(line, end="\n" if is_end or not is_terminal else "\r", flush=True)
