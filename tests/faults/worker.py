"""A real worker in a process of its own, on the test's database and a mail server of the test."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from clinic_site.core.models import OutboxMessage
from tests.smtp import free_port

ROOT = Path(settings.BASE_DIR)
STANDING = ("pk", "kind", "state", "attempt", "due_at", "lease_until", "last_error")


def worker_environment(*, smtp_port: int, **settings_of_its_own: str) -> dict[str, str]:
    """Return the environment in which a worker process uses the test's database and keys."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = (
            f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT'] or 5432}"
            f"/{database['NAME']}"
        )
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "LOOKUP_KEY": settings.LOOKUP_KEY,
        "SITE_URL": settings.SITE_URL,
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "EMAIL_TIMEOUT": "5",
        "SELF_TEST_URL": f"http://127.0.0.1:{free_port()}",  # nobody listens: the daily test fails at once
        **settings_of_its_own,
    }


@contextmanager
def running_worker(
    *, smtp_port: int, said=subprocess.DEVNULL, **settings_of_its_own: str
) -> Iterator[subprocess.Popen]:
    """Run a worker until the block ends, then make sure that it is gone.

    What it prints goes to the file `said`. Its settings may differ from the test's.
    """
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=ROOT,
        env=worker_environment(smtp_port=smtp_port, **settings_of_its_own),
        stdout=said,
        stderr=said,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as `condition` holds; fail the test when it does not in time, and name the mails there are."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {list(OutboxMessage.objects.values_list(*STANDING))}"
        time.sleep(0.05)
