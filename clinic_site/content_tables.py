"""Which tables hold what readers see and forms go by. Whoever writes to one of them changes the content stamp."""

from django.apps import apps
from django.db import connections

from clinic_site.core import content_stamp
from consults import report_marks

CONTENT = {
    "core": ["ClinicIdentity", "Page", "Picture", "Redirect", "Rendition", "SiteText"],
    "locations": ["Clinician", "Clinician_locations", "Closure", "Hours", "Location", "LocationPhoto"],
    "articles": [
        *["Article", "CalloutBlock", "EvidenceBlock", "FigureBlock", "ProseBlock"],
        *["Question", "Reference", "Review", "Topic"],
    ],
    "consults": ["ConsentText", "Recipient"],
}


def content_tables() -> list[str]:
    """Return the names of those tables."""
    return [apps.get_model(app, name)._meta.db_table for app, names in CONTENT.items() for name in names]


def install_triggers(*, using: str, **kwargs) -> None:
    """Make all triggers that are lacking, after migrations: SQLite drops them with a table that one rebuilds.

    Django's `post_migrate` calls it; nothing else runs after every `migrate`, and after a flush.
    """
    connection = connections[using]
    there = set(connection.introspection.table_names())
    if {content_stamp.TABLE, *content_tables()} <= there:
        content_stamp.install(connection, tables=content_tables())
    report_marks.install(connection)
