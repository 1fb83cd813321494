"""Encrypting anew what older keys wrote, while the site goes on working."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, transaction

from .encryption import EncryptedTextField, UnreadableValue, decrypt, encrypt, is_under_first_key

BATCH = 500
# Encrypted values that lie in no column of their own: whoever keeps them adds a thing that is walked like a Column.
MORE_PLACES: list = []


class Unreadable(Exception):
    """A stored value that no key opens. The text names its place, never what it holds."""

    def __init__(self, table: str, column: str, pk: object) -> None:
        super().__init__(f"No key of FIELD_KEYS opens {table}.{column} of the row {pk}")


@dataclass(frozen=True)
class Column:
    """One encrypted column of one table."""

    table: str
    key: str
    name: str

    def batches(self) -> Iterator[list[tuple[object, str]]]:
        """Yield primary keys with the stored values that are not empty, as they lie in the database."""
        table, key, name = map(connection.ops.quote_name, (self.table, self.key, self.name))
        last = None
        while True:
            after = "" if last is None else f"AND {key} > %s"
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {key}, {name} FROM {table} WHERE {name} <> '' {after}"  # nosec B608  # names of our models
                    f" ORDER BY {key} LIMIT {BATCH}",
                    [] if last is None else [last],
                )
                rows = cursor.fetchall()
            if not rows:
                return
            yield rows
            last = rows[-1][0]

    def read(self, pk: object) -> str:
        """Return the value of one row as it lies in the database; '' when the row is gone."""
        table, key, name = map(connection.ops.quote_name, (self.table, self.key, self.name))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM {table} WHERE {key} = %s", [pk])  # nosec B608  # names of our models
            row = cursor.fetchone()
        return (row and row[0]) or ""

    def swap(self, pk: object, *, old: str, new: str) -> bool:
        """Put `new` in the place of `old`. False when something else lies there by now."""
        table, key, name = map(connection.ops.quote_name, (self.table, self.key, self.name))
        with connection.cursor() as cursor:
            # Not through the models: activities can only be added there, and the words stay the same.
            cursor.execute(
                f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s",  # nosec B608  # names of our models
                [new, pk, old],
            )
            return cursor.rowcount == 1

    def encrypted_anew(self, pk: object, token: str) -> str:
        """Return `token` under the first key. Raises Unreadable when no key opens it."""
        try:
            return encrypt(decrypt(token))
        except UnreadableValue:
            raise Unreadable(self.table, self.name, pk) from None


def encrypted_columns() -> list[Column]:
    """Return every column of every model that holds encrypted text."""
    return [
        Column(model._meta.db_table, model._meta.pk.column, field.column)
        for model in apps.get_models()
        if not model._meta.proxy and model._meta.managed
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def encrypted_places() -> list:
    """Return those columns, and whatever else holds encrypted values."""
    return encrypted_columns() + MORE_PLACES


def rotate(column: Column, *, writes: bool) -> Iterator[tuple[int, int]]:
    """Encrypt a column's values with the first key; yield, batch by batch, how many were seen and how many were old.

    A batch in which one value cannot be read is not written at all. What the first key wrote
    already is left alone, so a run that was stopped goes on where it ended. Without `writes`
    every value is opened and nothing is changed.
    """
    for rows in column.batches():
        old = [(pk, token) for pk, token in rows if not is_under_first_key(token)]
        anew = [(pk, token, column.encrypted_anew(pk, token)) for pk, token in old]
        if writes and anew:
            with transaction.atomic():
                for pk, token, new in anew:
                    _swap(column, pk, token, new)
        yield len(rows), len(old)


def _swap(column: Column, pk: object, token: str, new: str) -> None:
    while not column.swap(pk, old=token, new=new):
        # Somebody wrote in between. Their words stay, and are encrypted anew when an old key wrote them.
        token = column.read(pk)
        if is_under_first_key(token):
            return
        new = column.encrypted_anew(pk, token)


def old_values(column: Column) -> Iterator[tuple[int, int]]:
    """Yield, batch by batch, how many values were seen and how many of them the first key alone does not open."""
    for rows in column.batches():
        yield len(rows), sum(not is_under_first_key(token) for _, token in rows)
