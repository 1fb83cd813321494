"""Making sure that what was deleted is gone from the database's files, too."""

import logging

from django.db import OperationalError, connection

logger = logging.getLogger(__name__)

PATIENCE_MS = 2000


def wipe() -> None:
    """Empty SQLite's write-ahead log, in which deleted rows would lie until it is written over.

    The pages themselves are overwritten at once (`secure_delete` in the settings). When somebody
    reads for longer than two seconds the log stays as it is: the worker's daily run empties it.
    On PostgreSQL autovacuum does its part by itself. Does nothing within a transaction.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    patience = connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        try:
            is_busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except OperationalError:
            is_busy = True
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(patience)}")
    if is_busy:
        logger.info("the write-ahead log is in use: it is emptied tomorrow")
