"""PostgreSQL: pg_dump at one moment, pg_restore in one transaction. Nothing of it is ever a file of ours."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import DatabaseError, connection
from django.db.backends.postgresql.client import DatabaseClient

from .archive import PIECE, Member
from .reading import Rows, Snapshot
from .troubles import DatabaseUnreadable, RestoreFailed, ToolMissing

ENGINE = "postgresql"
# The size of a dump is known only at its end, but tar wants it before: so it is kept in parts of this size.
PART = 8 << 20  # bytes
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
# A dump of one schema makes the schema, too.
AFRESH = b"BEGIN;\nDROP SCHEMA IF EXISTS public CASCADE;\n"


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


def tool(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, no older than the server. Raises ToolMissing."""
    path = shutil.which(name)
    connection.ensure_connection()
    server = connection.pg_version // 10000
    if path is None:
        raise ToolMissing(f"{name} is missing: install PostgreSQL's client programs (postgresql-client-{server}).")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    if not found or int(found[1]) < server:
        raise ToolMissing(
            f"{name} is of version {found[1] if found else 'unknown'}, but the server is {server}: "
            f"install postgresql-client-{server}."
        )
    return path


def _connected(program: str, *arguments: str, database: str = "") -> tuple[list[str], dict[str, str]]:
    """Return how to call a program on a database of our server; the password goes by the environment."""
    where = {**connection.settings_dict, "NAME": database or connection.settings_dict["NAME"]}
    command, environment = DatabaseClient.settings_to_cmd_args_env(where, [])
    return [tool(program), *arguments, *command[1:]], {**os.environ, **(environment or {}), "PGCONNECT_TIMEOUT": "5"}


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """Yield the database as it is at one moment; counts and dump are of the same one.

    Raises ToolMissing or DatabaseUnreadable.
    """
    command, environment = _connected(
        "pg_dump", "--format=custom", "--compress=0", "--schema=public", "--no-owner", "--no-privileges"
    )
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            rows = _reader(cursor)
            ((moment,),) = rows("SELECT pg_export_snapshot()")
            found = Snapshot.of(rows, tables=[name for (name,) in rows(TABLES)])
            found.members = _dump([command[0], f"--snapshot={moment}", *command[1:]], environment)
            yield found
    except DatabaseError as error:
        raise DatabaseUnreadable(f"The database cannot be read: {type(error).__name__}.") from None
    finally:
        own.close()


def _reader(cursor) -> Rows:
    def rows(sql: str) -> list[tuple]:
        cursor.execute(sql)
        return cursor.fetchall()

    return rows


def _dump(command: list[str], environment: dict[str, str]) -> Iterator[Member]:
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        try:
            number = 0
            while part := process.stdout.read(PART):
                yield Member(name=f"database.dump.{number:05}", size=len(part), pieces=[part])
                number += 1
        except BaseException:
            process.kill()
            raise
        if process.wait():
            raise DatabaseUnreadable(f"pg_dump broke off: {_last_line(said)}")


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    # psql quotes the row that failed below its message: only the message is repeated.
    return next(
        (line for line in lines if "ERROR" in line or "error" in line), lines[-1] if lines else "no reason given"
    )


def put_back(parts: Iterator[tuple[str, IO[bytes]]], *, now: datetime) -> str:
    """Put the database of a backup in the place of what is in ours, in one transaction.

    Others see the old rows until it is done. Raises ToolMissing, or RestoreFailed and nothing is changed.
    """
    _load(parts, database="")
    connection.close()
    return "The rows that were there before are gone."


def is_there() -> bool:
    """Whether there is a database that could be replaced. Raises DatabaseError when it cannot be reached."""
    connection.ensure_connection()
    return True


def require_unused() -> None:
    """Others may go on reading: they see the old rows until the new ones are there."""


def _load(parts: Iterator[tuple[str, IO[bytes]]], *, database: str) -> None:
    command, environment = _connected(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", database=database
    )
    reader = [tool("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--file=-"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as psql,
        subprocess.Popen(reader, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said) as restore,
    ):
        statements = threading.Thread(target=_hand_on, args=(restore.stdout, psql.stdin))
        try:
            psql.stdin.write(AFRESH)
            statements.start()
            for _, part in parts:
                shutil.copyfileobj(part, restore.stdin, PIECE)
            restore.stdin.close()
            statements.join()
            if restore.wait() == 0:
                # Only now: whatever broke off before leaves the database as it was.
                psql.stdin.write(b"COMMIT;\n")
        except BrokenPipeError:
            pass  # one of the two has said why
        except BaseException:
            psql.kill()
            restore.kill()
            raise
        finally:
            _close(restore.stdin)
            _close(psql.stdin)
        if restore.wait() or psql.wait():
            raise RestoreFailed(f"The database did not take the backup: {_last_line(said)}")


def _hand_on(source: IO[bytes], target: IO[bytes]) -> None:
    try:
        shutil.copyfileobj(source, target, PIECE)
        target.flush()
    except (BrokenPipeError, ValueError):
        # psql has gone and said why: let pg_restore come to its end.
        while source.read(PIECE):
            pass


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        pass


@contextmanager
def loaded(parts: Iterator[tuple[str, IO[bytes]]], folder: Path) -> Iterator[tuple[Rows, list[str]] | None]:
    """Load the database of a backup into one of its own, dropped at the end; yield how to read it, and its tables.

    Yields None when our role may not make databases: then the dump was only read to its end.
    """
    name = f"{connection.settings_dict['NAME']}_verify"
    if not _may_create():
        _read_through(parts)
        yield None
        return
    with connection.cursor() as cursor:
        drop_database(cursor, name)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    other = connection.copy()
    other.settings_dict = {**other.settings_dict, "NAME": name}
    try:
        _load(parts, database=name)
        with other.cursor() as cursor:
            rows = _reader(cursor)
            yield rows, [table for (table,) in rows(TABLES)]
    finally:
        other.close()
        with connection.cursor() as cursor:
            drop_database(cursor, name)


def drop_database(cursor, name: str) -> None:
    """Drop a database of our role, if it is there. Who is connected to it by our role is thrown out.

    `cursor` is anything that executes a statement outside a transaction. WITH (FORCE) would throw out the
    server's own autovacuum, too, which only a superuser may; a plain DROP DATABASE has it stop.
    """
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user", [name]
    )
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _may_create() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        return cursor.fetchone()[0]


def _read_through(parts: Iterator[tuple[str, IO[bytes]]]) -> None:
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [tool("pg_restore"), "--exit-on-error", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            for _, part in parts:
                shutil.copyfileobj(part, process.stdin, PIECE)
        except BrokenPipeError:
            pass
        finally:
            _close(process.stdin)
        if process.wait():
            raise RestoreFailed(f"pg_restore cannot read the dump: {_last_line(said)}")
