"""Words of the index by their beginning, found in the index of the database, too."""

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Begins(Lookup):
    """`word__begins="keta"`: Django's own `startswith` looks at every row on SQLite, whose LIKE knows no case.

    For folded words, that is letters and digits: they need no escaping.
    """

    lookup_name = "begins"

    def as_sqlite(self, compiler, connection):
        column, _ = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [self.rhs, self.rhs + chr(0x10FFFF)]

    def as_postgresql(self, compiler, connection):
        column, _ = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [f"{self.rhs}%"]
