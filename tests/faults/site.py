"""A whole site in processes of its own: gunicorn as `make run` starts it, workers, a database, a place for files."""

import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings

from tests.smtp import free_port

from .databases import in_time

ROOT = Path(settings.BASE_DIR)
KEYS = {
    "SECRET_KEY": "only-for-faults-" + "x" * 50,
    "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=",
    "LOOKUP_KEY": "only-for-faults-lookup",
}
MAIL_TIMEOUT = 2


def environment(*, folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a site that writes into `folder`; nothing of the caller's own settings is left."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **kept,
        **KEYS,
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
        "VAR_DIR": str(folder),
        "DATABASE_URL": database_url,
        "CHECK_LINKS": "false",
        "EMAIL_TIMEOUT": str(MAIL_TIMEOUT),
        # Nobody listens: a daily test whose hour falls into a trial fails at once, and stores nothing.
        "SELF_TEST_URL": f"http://127.0.0.1:{free_port()}",
        "WEB_WORKERS": "2",
        **more,
    }


def manage(*arguments: str, env: dict[str, str]) -> None:
    """Run a management command to its end. Raises CalledProcessError."""
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True)


class Site:
    """The processes of one site. Everything started here is ended by `close`."""

    def __init__(self, *, folder: Path, database, mail_url: str) -> None:
        self.folder, self.database, self.port = folder, database, free_port()
        self.env = environment(
            folder=folder,
            database_url=database.url,
            EMAIL_URL=mail_url,
            PORT=str(self.port),
            SITE_URL=f"http://127.0.0.1:{self.port}",
        )
        self.log = (folder.parent / "log").open("ab")
        self.web: subprocess.Popen | None = None
        self.workers: list[subprocess.Popen] = []

    def _start(self, *command: str, **more: str) -> subprocess.Popen:
        return subprocess.Popen(
            [*command],
            cwd=ROOT,
            env={**self.env, **more},
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,  # a group of its own, so that all of it can be killed at once
        )

    def start_web(self, *, under: tuple[str, ...] = (), **more: str) -> None:
        """Start gunicorn, `under` another program if one is named, and wait for its first page."""
        config = ("--config", "clinic_site/gunicorn_conf.py", "clinic_site.wsgi")
        self.web = self._start(*under, sys.executable, "-m", "gunicorn", *config, **more)
        assert in_time(self.answers, seconds=60), self.last_words()

    def start_worker(self, **more: str) -> subprocess.Popen:
        worker = self._start(sys.executable, "manage.py", "run_worker", **more)
        self.workers.append(worker)
        return worker

    def kill(self, process: subprocess.Popen) -> None:
        """SIGKILL a process and all that it started."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def kill_workers(self) -> None:
        for worker in self.workers:
            self.kill(worker)
        self.workers.clear()

    def web_processes(self) -> list[int]:
        """The processes in which gunicorn answers."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children")
        try:
            return [int(pid) for pid in children.read_text().split()]
        except FileNotFoundError:
            return []

    def close(self) -> None:
        self.kill_workers()
        if self.web:
            self.kill(self.web)
        self.log.close()

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def last_words(self) -> str:
        """The end of what the processes printed."""
        return (self.folder.parent / "log").read_text(errors="replace")[-4000:]

    def errors(self) -> str:
        """The errors that the processes printed, each once, the last first."""
        kinds = re.findall(
            r"^\w+(?:\.\w+)+\n(?:  .*\n)*", (self.folder.parent / "log").read_text(errors="replace"), re.M
        )
        return "".join(dict.fromkeys(reversed(kinds)))[:4000]

    # What a database administrator would do, so that nobody waits through real pauses --------------

    def send_now(self) -> None:
        """Make every mail that waits after a failure due at once, as "send again" does for one."""
        now = self.database.moment(datetime.now(UTC))
        waiting = f"state = 'queued' AND due_at > {now} AND attempt > 0"
        self.database.execute(f"UPDATE core_outboxmessage SET due_at = {now} WHERE {waiting}")

    def in_hand(self) -> list[int]:
        """The mails that some worker has claimed."""
        return [pk for (pk,) in self.database.rows("SELECT id FROM core_outboxmessage WHERE state = 'sending'")]

    def unsent(self, mails: list[int]) -> int:
        """How many of these are not out."""
        ids = ", ".join(map(str, mails)) or "0"
        statement = f"SELECT count(*) FROM core_outboxmessage WHERE id IN ({ids}) AND state <> 'sent'"
        return self.database.rows(statement)[0][0]

    def end_leases(self) -> None:
        """Free what dead workers had in hand. Only while none runs: a live one would be robbed."""
        assert all(worker.poll() is not None for worker in self.workers), "a worker is at work"
        now = self.database.moment(datetime.now(UTC))
        self.database.execute(f"UPDATE core_outboxmessage SET lease_until = {now} WHERE state = 'sending'")


def with_clock(*, off_by: int) -> dict[str, str]:
    """Return the environment of a Python whose clock is off by so many seconds."""
    return {"PYTHONPATH": str(Path(__file__).parent / "wrong_clock"), "CLOCK_OFF_BY_SECONDS": str(off_by)}


def copy_static_files(target: Path) -> None:
    """Give a site the static files that tests/conftest.py has collected."""
    if not target.exists():
        shutil.copytree(settings.STATIC_ROOT, target)
