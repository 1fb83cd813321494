"""Counts that many processes add to at the same time."""

from django.db import connection, models


def count_one_more(model: type[models.Model], *, count: str, **key) -> int:
    """Add one to the field `count` of the row that the unique `key` names, which is made if need be; return the sum.

    In one statement, so that no two processes lose a count or make the row twice. In a transaction the row
    stays locked until its end.
    """
    quote, find = connection.ops.quote_name, model._meta.get_field
    fields = [find(name) for name in key]
    table, column = quote(model._meta.db_table), quote(find(count).column)
    columns, places = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    # Names of our own models alone are put into the text.
    statement = (
        f"INSERT INTO {table} ({columns}, {column}) VALUES ({places}, 1) "  # nosec B608
        f"ON CONFLICT ({columns}) DO UPDATE SET {column} = {table}.{column} + 1 RETURNING {column}"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in zip(fields, key.values(), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
