"""A line for those who write to SQLite at the same moment.

SQLite lets one write at a time, and who waits looks again ever less often, ten times a second in the end: of a
crowd, some are served at once and some after seconds. Here the threads of a process wait for each other, and
its processes for a lock on a file, at which the first of each looks a thousand times a second. A courtesy: no
data depends on it, and where it cannot be had, SQLite's own lock is enough.
"""

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection

LOOK_AGAIN_SECONDS = 0.001
_of_this_process = threading.Lock()


@contextmanager
def in_line() -> Iterator[None]:
    """Wait until those before us have written; on PostgreSQL, where many write at once, for nobody.

    Raises OperationalError, as SQLite does, after DATABASE_TIMEOUT seconds.
    """
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        yield
        return
    if not _of_this_process.acquire(timeout=settings.DATABASE_TIMEOUT):
        raise OperationalError("database is locked")
    try:
        file = _lock_file()
        try:
            yield
        finally:
            if file:
                file.close()
    finally:
        _of_this_process.release()


def _lock_file():
    """The file, locked until it is closed; not locked when that took too long; None where there is no room for it."""
    until = time.monotonic() + settings.DATABASE_TIMEOUT
    try:
        file = open(f"{connection.settings_dict['NAME']}-line", "ab")  # noqa: SIM115  # whoever has it in hand closes it
    except OSError:
        return None
    while time.monotonic() < until:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(LOOK_AGAIN_SECONDS)
        except OSError:  # a disk that knows no locks
            break
    return file
