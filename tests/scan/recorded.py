"""The site, with a note of each request that reached it: what was answered and what was sent, all of it hostile.

Only for scans, whose notes tell what must not be in the site's own logs. One line of JSON each, in SCAN_NOTES.
"""

import io
import json
import os
import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

from clinic_site.wsgi import application as site

MOST = 300_000
PARTS = re.compile(rb'name="[^"]*"\r\n\r\n(.*?)\r\n--', re.DOTALL)
notes = os.open(os.environ["SCAN_NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    sent = values(environ)

    def started(status: str, headers: list, *error):
        note = {"method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "status": int(status[:3])}
        note |= {"location": dict(headers).get("Location", ""), "sent": sent}
        os.write(notes, json.dumps(note).encode() + b"\n")  # one write: lines of two processes do not mix
        return start_response(status, headers, *error)

    return site(environ, started)


def values(environ: dict) -> list[str]:
    """Return what the query and the form hold; the site reads its body from the start all the same."""
    found = [value for _, value in parse_qsl(environ.get("QUERY_STRING", ""), errors="replace")]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length < MOST:
        return found
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    if "multipart" in environ.get("CONTENT_TYPE", ""):
        return found + [value.decode(errors="replace") for value in PARTS.findall(body)]
    try:
        return found + [value for _, value in parse_qsl(body.decode(errors="replace"), errors="replace")]
    except ValueError:  # more fields than are looked at
        return found
