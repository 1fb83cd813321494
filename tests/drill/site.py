"""A whole site in processes of its own: gunicorn, a worker, its own folder and its own database."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pyrage
from psycopg import sql

from clinic_site.backups.postgres import drop_database
from tests.smtp import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
# Which requests are there, and how many mails wait or have left for each.
KEPT = """
SELECT request.reference, count(mail.id) FROM consults_consultrequest request
LEFT JOIN core_outboxmessage mail ON mail.about = 'consult:' || request.reference
GROUP BY request.id, request.reference
"""


@dataclass
class Site:
    """One site. `server` is the address of a PostgreSQL server without a database's name; None for SQLite."""

    folder: Path
    server: str | None = None
    name: str = "clinic_drill"
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = self.folder / "db" / "clinic.sqlite3"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
            "SECRET_KEY": "only-for-the-drill-" + "x" * 50,
            "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=",
            "LOOKUP_KEY": "only-for-the-drill",
            "BACKUP_KEY": str(pyrage.x25519.Identity.generate()),
            "BACKUP_DIR": "",
            "BACKUP_COPY_URL": "",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "TRUST_PROXY": "true",  # each visitor of the drill has an address of their own
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": f"{self.server}/{self.name}" if self.server else f"sqlite:///{self.database}",
            "MEDIA_STORAGE": "",
            "EMAIL_URL": "",
            "CHECK_LINKS": "false",
            "PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
        }

    def make(self, *, requests: int, pictures: int, static: Path | None = None) -> None:
        """Make the database, fill it, and have the static files ready: collected, or those at `static`."""
        (self.folder / "db").mkdir(parents=True)
        if self.server:
            self.make_database()
        if static:
            (self.folder / "static").symlink_to(static)
        else:
            self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.manage("prepare")
        self.run(sys.executable, "-m", "tests.drill.fill", str(requests), str(pictures))

    def make_database(self) -> None:
        """Make the PostgreSQL database anew, empty; whoever is connected to the old one is thrown out."""
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            drop_database(connection, self.name)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(self.name)))

    def drop_database(self) -> None:
        if self.server:
            with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
                drop_database(connection, self.name)

    def run(self, *command: str) -> str:
        """Run a command on the site, to its end, and return what it said. Raises when it fails."""
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[1:4])} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run(sys.executable, "manage.py", *arguments)

    def start(self) -> None:
        """Start web and worker, and return once a page is answered."""
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "clinic_site/gunicorn_conf.py", "clinic_site.wsgi"]
        for command in (gunicorn, [sys.executable, "manage.py", "run_worker"]):
            self.spawn(*command)
        self.wait_until_it_answers()

    def spawn(self, *command: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def wait_until_it_answers(self, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/consult/", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 everything at once, gunicorn's own children included."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes.clear()

    def wreck(self) -> None:
        """Kill everything, put garbage in the place of the database, and delete the pictures."""
        self.kill()
        if self.server:
            self.make_database()
        else:
            self.database.write_bytes(os.urandom(100_000))
            for ending in ("-wal", "-shm"):
                path = self.database.with_name(self.database.name + ending)
                if path.exists():
                    path.write_bytes(os.urandom(5000))
        shutil.rmtree(self.folder / "media", ignore_errors=True)

    def kept(self) -> list[tuple[str, int]]:
        """Return the reference of every stored request, with its number of mails."""
        if self.server:
            with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
                return connection.execute(KEPT).fetchall()
        with sqlite3.connect(self.database) as connection:
            return connection.execute(KEPT).fetchall()

    def is_sound(self) -> bool:
        """Whether the database itself finds no fault in its file; PostgreSQL keeps that to itself."""
        if self.server:
            return True
        with sqlite3.connect(self.database) as connection:
            return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
