"""A web server on this machine that behaves like the worse ones out there, and remembers who asked what when."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Stranger(BaseHTTPRequestHandler):
    """Answers by path: /200, /404, ...; the named paths do what they say."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.server.asked.append((self.command, self.path, time.monotonic(), dict(self.headers)))
        name = self.path.strip("/").replace("-", "_")
        if name.isdigit():
            self.answer(int(name))
        else:
            getattr(self, name)()

    do_GET = do_HEAD  # noqa: N815 (http.server's name)

    def answer(self, status: int, body: bytes = b"<p>Hello.</p>", **headers) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def moved(self) -> None:
        self.answer(301, Location="/found")

    def found(self) -> None:
        self.answer(302, Location="/200")

    def moved_for_good(self) -> None:
        self.answer(308, Location="/200#part")

    def moved_to_404(self) -> None:
        self.answer(301, Location="/404")

    def circle(self) -> None:
        self.answer(302, Location="/circle-back")

    def circle_back(self) -> None:
        self.answer(302, Location="/circle")

    def cookie_wall(self) -> None:
        self.answer(302, Location="/cookie-wall", Set_Cookie="seen=1")

    def to_inside(self) -> None:
        self.answer(302, Location="http://10.0.0.1/")

    def to_file(self) -> None:
        self.answer(302, Location="file:///etc/passwd")

    def get_only(self) -> None:
        self.answer(405 if self.command == "HEAD" else 200)

    def get_only_404(self) -> None:
        self.answer(404 if self.command == "HEAD" else 200)

    def hangs_up_on_head(self) -> None:
        if self.command == "HEAD":
            self.close_connection = True
        else:
            self.answer(200)

    def slow(self) -> None:
        self.server.hold.wait(10)

    def drips(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not self.server.hold.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def huge(self) -> None:
        if self.command == "HEAD":
            return self.answer(403)
        self.send_response(200)
        self.send_header("Content-Length", str(10**12))
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)
            self.server.bytes_sent += 65536

    def nonsense(self) -> None:
        self.wfile.write(b"\x16\x03\x01 nothing of the kind\r\n\r\n")
        self.close_connection = True

    def endless_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")

    def log_message(self, *args) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args) -> None:
        from threading import Event

        super().__init__(*args)
        self.asked, self.hold, self.bytes_sent = [], Event(), 0

    def handle_error(self, request, client_address) -> None:
        """Visitors that hang up are what these tests are about."""


@contextmanager
def stranger(*, tls=None) -> Iterator[Server]:
    """Run a server on a free port; its `url` is its address, `asked` what it was asked."""
    server = Server(("127.0.0.1", 0), Stranger)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.url = f"http{'s' if tls else ''}://localhost:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
