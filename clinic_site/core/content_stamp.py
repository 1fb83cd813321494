"""The content stamp: a value that is another one as soon as anything that readers see or forms go by has changed.

Triggers write it, inside the transaction of the change itself: forms, the worker, the loader, the shell
and a release that does not know of it cannot forget it. Each change is a row of its own, so that nobody
waits for anybody: one row for all would be locked from an editor's first write to the last.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models import Count, Max, Sum
from django.utils import timezone

from .models import ContentChange, SearchDocument

# A proxy keeps a page for a second more, and nobody is to read what is older than two.
CHECK_SECONDS = 0.5
# How long a reader waits for a database that says nothing. On a machine that is busy starting
# processes a good answer took half a second, and whoever does not wait for it gets an old page.
PATIENCE_SECONDS = 2
# Pruning is a change of the stamp as well, a harmless one.
KEPT = 100

Stamp = tuple[int | datetime | None, ...]

TABLE = "core_contentchange"
EVENTS = ("insert", "update", "delete")
WRITE = {
    "sqlite": "INSERT INTO core_contentchange (id) VALUES (NULL)",
    "postgresql": "INSERT INTO core_contentchange DEFAULT VALUES",
}
FUNCTION = f"""CREATE OR REPLACE FUNCTION core_content_changed() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {WRITE["postgresql"]}; RETURN NULL; END $$"""
INSTALLED = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}


def install(connection, *, tables: Iterable[str]) -> None:
    """Make the triggers that `tables` lack on the database behind `connection`; quick when none does."""
    statements = _statements(connection.vendor, tables)
    with connection.cursor() as cursor:
        installed = {name for name, _ in _installed(cursor, connection.vendor)}
        lacking = [statement for name, statement in statements.items() if name not in installed]
        if lacking and connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for statement in lacking:
            cursor.execute(statement)


def remove(connection) -> None:
    """Take all of them away."""
    with connection.cursor() as cursor:
        for name, table in _installed(cursor, connection.vendor):
            cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def _installed(cursor, vendor: str) -> list[tuple[str, str]]:
    """Return name and table of each trigger of ours that is there."""
    cursor.execute(INSTALLED[vendor])
    return [(name, table) for name, table in cursor.fetchall() if name.startswith("changed_")]


def _statements(vendor: str, tables: Iterable[str]) -> dict[str, str]:
    """Return what makes each trigger, by its name."""
    if vendor == "postgresql":
        return {
            f"changed_{table}": f"CREATE TRIGGER changed_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION core_content_changed()"
            for table in tables
        }
    return {
        f"changed_{table}_{event}": f"CREATE TRIGGER changed_{table}_{event} AFTER {event} ON {table}"
        f" BEGIN {WRITE[vendor]}; END"
        for table in tables
        for event in EVENTS
    }


def read_stamp() -> Stamp:
    """Return the stamp as the database has it now.

    How many changes there are counts, too: one that began early may be committed after a later one. So
    does the newest moment at which something was to appear or to go, which comes without any change.
    """
    found = ContentChange.objects.aggregate(count=Count("pk"), newest=Max("pk"), sum=Sum("pk"))
    now = timezone.now()
    return found["count"], found["newest"], found["sum"], _last("visible_from", now), _last("visible_until", now)


def _last(moment: str, now: datetime) -> datetime | None:
    passed = SearchDocument.objects.filter(**{f"{moment}__lte": now}).order_by(f"-{moment}")
    return passed.values_list(moment, flat=True).first()


class StampReader:
    """The stamp for the threads of one process, read at most twice a second by a thread of its own.

    Who asks first waits for that, two seconds at most; the others take the value before. So they do
    while the database is away: a page that was true a moment ago is better than none.
    """

    def __init__(self, *, read: Callable[[], Stamp] = read_stamp, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="content-stamp")
        self._reading: Future | None = None
        self._stamp: Stamp | None = None
        self._due_at = float("-inf")

    def __call__(self) -> Stamp | None:
        """Return the stamp; None while it could never be read."""
        began = self._begin() if self._clock() >= self._due_at else None
        if self._stamp is None:
            # There is nothing to go by yet: all wait, for the same reading.
            self._reading.result()
        elif began:
            with suppress(TimeoutError):
                began.result(PATIENCE_SECONDS)
        return self._stamp

    def _begin(self) -> Future | None:
        """Have the stamp read; None when somebody else does already."""
        with self._lock:
            now = self._clock()
            is_under_way = self._reading is not None and not self._reading.done()
            if is_under_way or now < self._due_at:
                return None
            self._reading = self._thread.submit(self._look)
            # From before the question: what is committed meanwhile is seen half a second after at the latest.
            self._due_at = now + CHECK_SECONDS
            return self._reading

    def _look(self) -> None:
        with suppress(DatabaseError, InterfaceError):
            close_old_connections()
            self._stamp = self._read()


content_stamp = StampReader()


def forget_changes(*, now: datetime) -> None:
    """Delete all changes but the newest hundred. `now` is what every job is called with."""
    newest = ContentChange.objects.aggregate(newest=Max("pk"))["newest"] or 0
    ContentChange.objects.filter(pk__lte=newest - KEPT).delete()
