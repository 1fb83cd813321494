"""A Sentry that keeps every byte it is sent, unpacked."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import brotli

# Another one is an error: nobody could see what is in it.
UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


class Sentry:
    """`dsn` is its address, `received` what came: heads and bodies."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.dsn = ""

    @property
    def events(self) -> list[dict]:
        """The events in the envelopes: each line after a header that says so."""
        found = []
        for body in self.received:
            lines = body.split(b"\n")
            for header, payload in pairwise(lines):
                if header.startswith(b"{") and b'"type":"event"' in header.replace(b" ", b""):
                    found.append(json.loads(payload))
        return found


@contextmanager
def sentry() -> Iterator[Sentry]:
    """Serve one on a free port of this machine."""
    kept = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            unpack = UNPACK[self.headers.get("Content-Encoding", "")]
            kept.received += [f"{self.path}\n{self.headers}".encode(), unpack(body)]
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    kept.dsn = f"http://key@127.0.0.1:{server.server_address[1]}/1"
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
