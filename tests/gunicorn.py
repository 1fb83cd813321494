"""The site as gunicorn serves it in production, on the database of the running test."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

# What Playwright needs, and what makes signing in short, has no place on a real site.
ONLY_FOR_TESTS = {"DJANGO_ALLOW_ASYNC_UNSAFE", "REQUIRE_SECOND_STEP", "SIGN_IN_LASTS_HOURS", "SIGN_IN_IDLE_MINUTES"}


def production(var_dir: Path, **changes: str) -> dict[str, str]:
    """The environment of a configured production site at https://clinic.example whose database is the test's."""
    (var_dir / "static").symlink_to(settings.STATIC_ROOT)
    given = connection.settings_dict
    is_file = connection.vendor == "sqlite"
    server = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
    inherited = {name: value for name, value in os.environ.items() if name not in ONLY_FOR_TESTS}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": f"sqlite:///{given['NAME']}" if is_file else f"postgres://{server}/{given['NAME']}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        # The test's own: what it writes, the site must be able to read.
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS) or Fernet.generate_key().decode(),
        "LOOKUP_KEY": settings.LOOKUP_KEY,
        "SITE_URL": "https://clinic.example",
        "TRUST_PROXY": "true",
        "EMAIL_URL": "smtp+tls://site:secret@mail.example:587",
        "SECURITY_CONTACT": "mailto:security@clinic.example",
        "WEB_WORKERS": "1",
        **changes,
    }


@contextmanager
def serving(environment: dict[str, str], *, log: Path) -> Iterator[int]:
    """Run gunicorn as the Procfile does; yield the port it listens on. What it says goes to `log`."""
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("wb") as output:
        port = listening.getsockname()[1]
        # A socket that is already open: whoever connects early waits instead of being refused.
        bind = ["--bind", f"fd://{listening.fileno()}"]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "clinic_site/gunicorn_conf.py", *bind, "clinic_site.wsgi"],
            cwd=settings.BASE_DIR,
            env=environment,
            pass_fds=[listening.fileno()],
            stdout=output,
            stderr=output,
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def ask(port: int, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send these very bytes; return the status, the headers and everything that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connected:
        connected.sendall(raw)
        answer = b"".join(iter(lambda: connected.recv(65536), b""))
    head = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = {}
    for line in head[1:]:
        name, _, value = line.partition(": ")
        assert name not in headers or name == "Set-Cookie", f"twice: {name}"
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    return int(head[0].split()[1]), headers, answer
