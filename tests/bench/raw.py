"""The yardstick for cached pages: a WSGI application that knows nothing but the bytes to send."""

import os
from pathlib import Path

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(BODY))),
    *([("Content-Encoding", os.environ["BENCH_ENCODING"])] if os.environ.get("BENCH_ENCODING") else []),
]


def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]
