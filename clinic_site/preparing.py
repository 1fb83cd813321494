"""One process at a time prepares a database, however many machines start at once."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

# Any number will do, as long as nothing else on this database takes it.
LOCK = 20_261_126
WAITING = "Another process is preparing this database; waiting for it ..."
PAUSE_SECONDS = 0.5
# A change of a table that cannot begin holds up everybody behind it: better to give up, change nothing and try later.
DDL_LOCK_SECONDS = 5


@contextmanager
def only_one(*, say: Callable[[str], object]) -> Iterator[None]:
    """Hold the right to prepare the database while the block runs, waiting for it as long as it takes.

    `say` is told once when somebody else has it. A process that dies gives it back. Inside the block
    PostgreSQL lets a statement take as long as it needs, and gives up soon on a table that is in use.
    """
    with _lock_on_file(say) if connection.vendor == "sqlite" else _lock_in_session(say):
        yield


@contextmanager
def _lock_on_file(say: Callable[[str], object]) -> Iterator[None]:
    with (settings.VAR_DIR / "db" / "prepare.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(WAITING)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _lock_in_session(say: Callable[[str], object]) -> Iterator[None]:
    if not _ask("SELECT pg_try_advisory_lock(%s)", LOCK):
        say(WAITING)
        while not _ask("SELECT pg_try_advisory_lock(%s)", LOCK):
            time.sleep(PAUSE_SECONDS)
    _ask("SELECT set_config('statement_timeout', '0', false)")
    _ask("SELECT set_config('lock_timeout', %s, false)", f"{DDL_LOCK_SECONDS}s")
    try:
        yield
    finally:
        # A connection that broke has given the lock back by itself.
        with suppress(DatabaseError, InterfaceError):
            _ask("SELECT pg_advisory_unlock(%s)", LOCK)
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout; RESET lock_timeout")


def _ask(question: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]
