"""A request made of strings that stand nowhere else, and where to look for them."""

import base64
import io
import logging
import quopri
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils.module_loading import import_string

from tests.factories.posts import make_post

NAME, NOTE = "Zqwilla Canaryfeather", "zqnote: only in the mornings"
EMAIL = "zq-canary@zqmailbox.example"
PHONE = "(205) 555-0187"
# Parts of them, in lower case: a piece that leaked is a leak.
NEEDLES = [b"zqwilla", b"canaryfeather", b"zqnote", b"zq-canary", b"zqmailbox", b"555-0187", b"5550187", b"555 0187"]


def canary_post(**changes) -> dict:
    """Return the form post of the canary, who asks to be written to."""
    return make_post(name=NAME, email=EMAIL, phone=PHONE, contact_by="email", note=NOTE, **changes)


def leaks(*texts: bytes | str) -> list[str]:
    """Return the needles that stand in `texts`, plainly, percent-encoded, quoted-printable or as base64."""
    found = []
    for text in texts:
        raw = (text.encode() if isinstance(text, str) else bytes(text)).lower()
        plain = raw.replace(b"%40", b"@").replace(b"%20", b" ").replace(b"+", b" ") + quopri.decodestring(raw)
        found += [needle.decode() for needle in NEEDLES if needle in raw or needle in plain]
    return found


def unwrapped(text: bytes) -> bytes:
    """Return `text` with each of its words that is base64 read as well."""
    words = []
    for word in text.split():
        try:
            words.append(base64.b64decode(word, validate=True))
        except ValueError:
            continue
    return text + b"\n" + b"\n".join(words)


@contextmanager
def private_log() -> Iterator[io.StringIO]:
    """Everything that is logged, at any level, as the site's own formatter writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    # The mail server of the tests runs in this process, and is none of the site's.
    handler.addFilter(lambda record: record.name != "mail.log")
    handler.setFormatter(import_string(settings.LOGGING["formatters"]["private"]["()"])())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def stored_values() -> Iterator[tuple[str, str]]:
    """Yield every column of every row of every table, as text, with its place."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", value if isinstance(value, str) else repr(value)


def database_files() -> dict[str, bytes]:
    """Return SQLite's files by name: the database, its write-ahead log and its index. None on PostgreSQL."""
    if connection.vendor != "sqlite":
        return {}
    path = Path(connection.settings_dict["NAME"])
    return {each.name: _read_elsewhere(each) for each in path.parent.glob(f"{path.name}*")}


def _read_elsewhere(path: Path) -> bytes:
    """Read a file in another process: who closes a file loses all locks on it, and SQLite would not know."""
    return subprocess.run(["cat", str(path)], check=True, capture_output=True).stdout


def written_files(*, since: float) -> dict[str, bytes]:
    """Return what was written to VAR_DIR after the moment `since`, in seconds, by path."""
    files = (path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file())
    return {str(path): _read_elsewhere(path) for path in files if path.stat().st_mtime >= since}


def cached() -> str:
    """Return all that Django's caches hold."""
    return repr([getattr(cache, "_cache", None) for cache in caches.all(initialized_only=True)])
