"""What is looked at in a database, whether it is the copy of a backup or one that a backup was loaded into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clinic_site.core.encryption import UnreadableValue, decrypt
from clinic_site.core.rotation import encrypted_columns

from .archive import Member
from .troubles import FieldKeysDoNotFit, NotTheSame

# Asks one question of a database that is not the one Django is connected to.
Rows = Callable[[str], list[tuple]]
OPENED = 20  # values of each encrypted column, the newest


@dataclass
class Snapshot:
    """The database at one moment: how many rows each table holds, its migrations, and the files to keep."""

    counts: dict[str, int]
    migrations: list[str]
    members: Iterator[Member] = field(default_factory=lambda: iter(()))

    @classmethod
    def of(cls, rows: Rows, *, tables: list[str]) -> "Snapshot":
        return cls(counts=count(rows, tables), migrations=migrations(rows) if "django_migrations" in tables else [])


def count(rows: Rows, tables: list[str]) -> dict[str, int]:
    """Return how many rows each of `tables` holds."""
    return {table: rows(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}  # nosec B608  # names of our tables


def migrations(rows: Rows) -> list[str]:
    """Return which migrations the database has seen, as app.name."""
    return [f"{app}.{name}" for app, name in rows("SELECT app, name FROM django_migrations ORDER BY app, name")]


def require_counts(rows: Rows, tables: list[str], wanted: dict[str, int]) -> None:
    """Raise NotTheSame unless the database holds exactly the rows that the manifest counts."""
    found = count(rows, tables)
    wrong = sorted(table for table in wanted.keys() | found.keys() if wanted.get(table) != found.get(table))
    if wrong:
        table = wrong[0]
        raise NotTheSame(
            f"{len(wrong)} tables do not hold the rows that were backed up, first {table}: "
            f"{found.get(table, 'none')} instead of {wanted.get(table, 'none')}."
        )


def require_readable(rows: Rows, tables: list[str]) -> int:
    """Open the newest personal values with FIELD_KEYS and return how many were opened. Raises FieldKeysDoNotFit."""
    opened = 0
    for column in encrypted_columns():
        if column.table not in tables:
            continue
        sql = (
            f'SELECT "{column.name}" FROM "{column.table}" '  # nosec B608  # names of our models
            f'WHERE "{column.name}" <> \'\' ORDER BY "{column.key}" DESC LIMIT {OPENED}'
        )
        for (value,) in rows(sql):
            try:
                decrypt(value)
            except UnreadableValue:
                raise FieldKeysDoNotFit(
                    f"FIELD_KEYS does not open {column.table}.{column.name}: put the keys of that time "
                    "back into .env, behind the one in use."
                ) from None
            opened += 1
    return opened
