"""The two databases a site under trial may have: an SQLite file, or a PostgreSQL cluster that can be restarted."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.smtp import free_port


class SqliteDatabase:
    """One file. `rows` and `execute` speak to it as another process would."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    @staticmethod
    def moment(at: datetime) -> str:
        """Return `at` as it stands in a statement."""
        return f"'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"

    def rows(self, statement: str) -> list[tuple]:
        with closing(sqlite3.connect(self.path, timeout=60)) as connection:
            return connection.execute(statement).fetchall()

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as connection:
            connection.execute(statement)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold the write lock, as a backup tool or a forgotten shell might. SQLite has one for all tables."""
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def damage(self) -> list[str]:
        """Return what the database itself finds broken in its file; nothing when it is whole."""
        found = [text for (text,) in self.rows("PRAGMA integrity_check") if text != "ok"]
        return found + [f"foreign key: {row}" for row in self.rows("PRAGMA foreign_key_check")]


class PostgresDatabase:
    """One database of a cluster."""

    kind = "postgresql"

    def __init__(self, cluster: "Cluster", name: str) -> None:
        self.cluster, self.name = cluster, name
        self.url = f"postgres://clinic@127.0.0.1:{cluster.port}/{name}"

    @staticmethod
    def moment(at: datetime) -> str:
        """Return `at` as it stands in a statement."""
        return f"'{at.isoformat()}'"

    def rows(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold a lock that keeps every writer out of `table`."""
        with psycopg.connect(self.url) as connection:
            connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield

    def damage(self) -> list[str]:
        """Return what pg_amcheck finds broken; nothing when tables and indexes are whole."""
        done = self.cluster.run("pg_amcheck", "--install-missing", "--heapallindexed", self.name, check=False)
        return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


class Cluster:
    """A PostgreSQL of the suite's own, in a temporary folder and on a free port. PostgreSQL refuses to be root."""

    def __init__(self, folder: Path | None = None) -> None:
        self.port = free_port()
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        self.folder = folder or Path(tempfile.mkdtemp(prefix="faults-pg-"))
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o700)
        self.data = self.folder / "data"
        self.run("initdb", "-D", str(self.data), "-U", "clinic", "--auth=trust", "--encoding=UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "shared_buffers = 32MB\nmin_wal_size = 32MB\nmax_wal_size = 64MB\nlog_timezone = 'UTC'\n"
            )
        self.start()

    def run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run one of PostgreSQL's programs as the user whom the cluster belongs to."""
        environment = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "clinic", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [str(programs() / program), *arguments],
            cwd=self.folder,
            env={**environment, "PATH": os.environ["PATH"]},
            check=check,
            text=True,
            stdout=subprocess.PIPE if program == "pg_amcheck" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program == "pg_amcheck" else subprocess.DEVNULL,
            **self.user,
        )

    def start(self) -> None:
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-t", "60", "start", check=False)
        self.run("pg_isready", "-t", "30")

    def stop(self, *, mode: str = "fast") -> None:
        """`fast` ends every session; `immediate` is a crash, from which the next start recovers."""
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", check=False)

    def create(self, name: str, *, like: str = "template1") -> PostgresDatabase:
        self.run("createdb", "--template", like, name)
        database = PostgresDatabase(self, name)
        # Sequences of a copied database would go back to the copy's values in a crash before the first checkpoint.
        database.execute("CHECKPOINT")
        return database

    def remove(self) -> None:
        self.stop(mode="immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def name_recipient(database, email: str) -> None:
    """Tell `email` about every request, as if its owner had entered the code that was mailed."""
    database.execute(
        "INSERT INTO consults_recipient (email, is_active, gets_alarms, verified_at, code_hash, code_tries)"
        f" VALUES ('{email}', CAST(1 AS BOOLEAN), CAST(0 AS BOOLEAN), '2026-01-01 12:00:00+00:00', '', 0)"
    )


def programs() -> Path:
    """Return the folder of PostgreSQL's server programs. Raises LookupError where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise LookupError("no PostgreSQL server is installed")
    return found[-1].parent if found else Path(on_path).parent


def in_time(condition, *, seconds: float) -> bool:
    """Return whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
