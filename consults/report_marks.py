"""Triggers that say in which weeks the reports' kept counts no longer hold.

They write in the transaction of the change itself, so that no page, job or shell can forget it. Each mark
is a row of its own: one row for a week would make everybody wait who works on its requests.
"""

from django.db import transaction

from .models import Activity, ConsultRequest, ReportMark, ReportWeek
from .report_weeks import ENDS

REQUESTS, ACTIVITIES = ConsultRequest._meta.db_table, Activity._meta.db_table
MARKS, WEEKS = ReportMark._meta.db_table, ReportWeek._meta.db_table
INSTALLED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
# All of a request that the reports count by.
COUNTED = (
    "asked_at", "location_id", "source", "stage", "first_contact_at", "answered_minutes", "is_test", "spam_state",
)  # fmt: skip
IS_END = f"IN ({', '.join(repr(kind.value) for kind in ENDS)})"
CHANGES = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in COUNTED)


def statements(vendor: str) -> dict[str, str]:
    """Return what makes each trigger, by its name."""

    def at(row: str) -> str:
        return f"INSERT INTO {MARKS} (at) VALUES ({row}.asked_at);"  # nosec B608  # names of our models

    def of(row: str) -> str:
        found = f"SELECT asked_at FROM {REQUESTS} WHERE id = {row}.request_id"  # nosec B608  # names of our models
        return f"INSERT INTO {MARKS} (at) {found};"

    different = CHANGES if vendor == "postgresql" else CHANGES.replace("IS DISTINCT FROM", "IS NOT")
    written = {
        "report_asked": ("INSERT", REQUESTS, "", at("NEW")),
        "report_changed": ("UPDATE", REQUESTS, f"WHEN ({different})", at("OLD") + at("NEW")),
        "report_deleted": ("DELETE", REQUESTS, "", at("OLD")),
        "report_ended": ("INSERT", ACTIVITIES, f"WHEN (NEW.kind {IS_END})", of("NEW")),
        "report_end_deleted": ("DELETE", ACTIVITIES, f"WHEN (OLD.kind {IS_END})", of("OLD")),
    }
    make = _postgresql if vendor == "postgresql" else _sqlite
    return {name: make(name, *parts) for name, parts in written.items()}


def _sqlite(name: str, event: str, table: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {body} END"


def _postgresql(name: str, event: str, table: str, when: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$;"
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
    )


def install(connection) -> None:
    """Make the triggers that are lacking on the database behind `connection`, once its tables are there.

    While one was lacking, changes left no mark: then nothing that is kept holds any more. A trigger that is to
    do something else needs another name.
    """
    if not {REQUESTS, ACTIVITIES, MARKS, WEEKS} <= set(connection.introspection.table_names()):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(INSTALLED[connection.vendor])
        installed = {name for (name,) in cursor.fetchall()}
        lacking = [sql for name, sql in statements(connection.vendor).items() if name not in installed]
        for statement in lacking:
            cursor.execute(statement)
        if lacking:
            cursor.execute(f"DELETE FROM {WEEKS}")  # nosec B608  # a name of our models
