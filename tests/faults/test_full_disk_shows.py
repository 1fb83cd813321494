"""A disk runs full under the running site, and is freed: what monitors are told meanwhile."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from clinic_site.core.models import WorkerBeat
from tests.gunicorn import ask, production, serving

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-of-the-monitoring"


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A disk of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Take every byte that is left."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def get(port: int, path: str, *lines: str) -> tuple[int, str]:
    own = ["Host: clinic.example", "X-Forwarded-Proto: https", "Connection: close"]
    status, _, answer = ask(port, "\r\n".join([f"GET {path} HTTP/1.1", *own, *lines, "", ""]).encode())
    return status, answer.partition(b"\r\n\r\n")[2].decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the database that lies on the site's own disk")
def test_a_full_disk_is_said_and_is_forgotten_when_it_is_freed(disk, tmp_path):
    WorkerBeat.objects.create(host="web-1", seen_at=timezone.now())
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as ours,
        closing(sqlite3.connect(disk / "clinic.sqlite3")) as copy,
    ):
        ours.backup(copy)
    log = tmp_path / "log"
    environment = production(disk, DATABASE_URL=f"sqlite:///{disk}/clinic.sqlite3", METRICS_TOKEN=TOKEN)
    with serving(environment, log=log) as port:
        assert get(port, "/readyz") == (200, "ok\n")
        fill(disk / "full")
        # It writes at most every ten seconds.
        deadline = time.monotonic() + 20
        while (said := get(port, "/readyz"))[0] == 200 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert said == (503, "disk: no room beside the database\n")
        # The process lives on, and goes on counting, also what it has not counted before.
        assert get(port, "/livez") == (200, "ok\n")
        answers = [get(port, path)[0] for path in ("/zelda/", "/consult", "/locations", "/robots.txt")]
        assert answers == [404, 200, 301, 200]
        status, figures = get(port, "/metrics", f"Authorization: Bearer {TOKEN}")
        assert status == 200
        assert 'clinic_answers_total{status="503"}' in figures
        assert 'clinic_answers_total{status="404"} 1.0' in figures
        (disk / "full").unlink()
        assert get(port, "/readyz") == (200, "ok\n")
    assert "SIGBUS" not in log.read_text()


COUNTING = """
import pathlib, sys
from contextlib import suppress
from clinic_site.core import counters
folder = pathlib.Path(sys.argv[1])
counters.share(folder=folder / "metrics")
with suppress(OSError), (folder / "full").open("wb", buffering=0) as file:
    while True:
        file.write(b"x" * 4096)
for status in range(300):
    counters.answered(status=status)
samples = list(counters.counted(folder=folder / "metrics").collect())[0].samples
print(sum(sample.value for sample in samples))
"""


def test_a_process_counts_on_when_the_disk_is_full(disk):
    """A page of a mapped file for which the disk has no room is a SIGBUS."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(disk)], cwd=settings.BASE_DIR, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"300.0\n"), done.stderr
