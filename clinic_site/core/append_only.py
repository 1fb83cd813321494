"""Triggers that keep the audit trail as it was written, whoever asks the database.

One change is let through: an entry forgets the account that is deleted, and keeps its name.
A migration that rebuilds the table on SQLite drops them with it: install them again in its last step.
"""

TABLE = "core_auditentry"
KEPT = ["id", "at", "actor_name", "from_address", "action", "subject", "detail"]
REFUSAL = "audit entries are only ever added"

SQLITE = [
    f"""CREATE TRIGGER core_audit_no_update BEFORE UPDATE ON {TABLE}
        WHEN NEW.actor_id IS NOT NULL OR {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER core_audit_no_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE TRIGGER core_audit_no_update BEFORE UPDATE ON {TABLE} FOR EACH ROW
        WHEN (NEW.actor_id IS NOT NULL OR {" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)})
        EXECUTE FUNCTION core_audit_refuse()""",
    f"""CREATE TRIGGER core_audit_no_delete BEFORE DELETE ON {TABLE} FOR EACH ROW
        EXECUTE FUNCTION core_audit_refuse()""",
]


def install(connection) -> None:
    """Make the triggers anew on the database behind `connection`."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in SQLITE if connection.vendor == "sqlite" else POSTGRESQL:
            cursor.execute(statement)


def remove(connection) -> None:
    """Take the triggers away, if they are there."""
    table = "" if connection.vendor == "sqlite" else f" ON {TABLE}"
    with connection.cursor() as cursor:
        for name in ("core_audit_no_update", "core_audit_no_delete"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")
