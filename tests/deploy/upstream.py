"""A site behind the proxy that does what real ones should not, and tells what reached it."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

# What each path answers: status and headers. Any other path is a page that says nothing of caches.
ANSWERS = {
    "/kept/": (200, {"Cache-Control": "public, max-age=60, s-maxage=60"}),
    "/with-cookie/": (200, {"Cache-Control": "public, max-age=60", "Set-Cookie": "a=b"}),
    "/private/": (200, {"Cache-Control": "private, max-age=60"}),
    "/no-store/": (200, {"Cache-Control": "no-store"}),
    "/busy/": (503, {"Cache-Control": "no-store", "Retry-After": "7"}),
    "/admin/public/": (200, {"Cache-Control": "public, max-age=60"}),
    "/accounts/public/": (200, {"Cache-Control": "public, max-age=60"}),
    "/preview/public/": (200, {"Cache-Control": "public, max-age=60"}),
    "/consult/thanks/public/": (200, {"Cache-Control": "public, max-age=60"}),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.requestline)
        length = int(self.headers.get("Content-Length", 0))
        told = json.dumps({"headers": self.headers.items(), "body": self.rfile.read(length).decode()}).encode()
        status, headers = ANSWERS.get(self.path.partition("?")[0], (200, {}))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(told)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    def do_POST(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def address_string(self) -> str:
        return "proxy"

    def log_message(self, *args) -> None:
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128


@contextmanager
def running_upstream(path: Path) -> Iterator[list[str]]:
    """Answer at the socket `path` until the block ends; the list holds the request lines that came."""
    with Server(str(path), Handler) as server:
        path.chmod(0o777)
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.asked
        finally:
            server.shutdown()
            thread.join()
            path.unlink()
