"""The health check of an image: alive, broken, absent."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from clinic_site.check_live import is_live
from tests.smtp import free_port


@contextmanager
def answering(status: int):
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, heard
        server.shutdown()
        thread.join()


def test_it_asks_as_the_proxy_would():
    with answering(200) as (port, heard):
        assert is_live(port=port, site_url="https://www.clinic.example")
    assert heard == [("/livez", "www.clinic.example", "https")]


def test_another_answer_or_none_is_not_alive():
    with answering(503) as (port, _):
        assert not is_live(port=port, site_url="http://127.0.0.1:8000")
    assert not is_live(port=free_port(), site_url="http://127.0.0.1:8000")
