"""A site with holes on purpose, and an address that no site should ever call.

A scanner that finds nothing in the first would find nothing in ours either; who calls the second was made to.
"""

import html
import json
import sqlite3
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

INDEX = """<!doctype html><title>Weak</title><a href="/greet?name=you">1</a> <a href="/item?id=1">2</a>
<a href="/fetch?url=none">3</a> <form method="post" action="/say"><input name="words"><button>Say</button></form>"""


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args) -> None:
        pass


@contextmanager
def serving(application: Callable) -> Iterator[str]:
    """Serve a WSGI application at a free port of this machine until the block ends; yield its address."""
    with make_server("127.0.0.1", 0, application, Threaded, Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@dataclass
class WeakSite:
    """Greets with script, words its SQL from the address, and fetches whatever it is told to."""

    asked: int = 0
    said: str = ""

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        self.asked += 1
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}
        pages = {"/": lambda: INDEX, "/greet": lambda: self.greet(query), "/item": lambda: self.item(query)}
        pages |= {"/fetch": lambda: self.fetch(query), "/say": lambda: self.say(environ)}
        status, body = "404 Not Found", "<p>Nothing here."
        if page := pages.get(environ["PATH_INFO"]):
            try:
                status, body = "200 OK", page()
            except sqlite3.Error as error:
                status, body = "500 Internal Server Error", f"<p>sqlite3.OperationalError: {html.escape(str(error))}"
        start_response(status, [("Content-Type", "text/html; charset=utf-8")])
        return [body.encode()]

    def greet(self, query: dict) -> str:
        return f"<!doctype html><title>Hello</title><p>Hello {query.get('name', '')}"

    def item(self, query: dict) -> str:
        with sqlite3.connect(":memory:") as shop:
            shop.execute("CREATE TABLE item (id, name)")
            shop.execute("INSERT INTO item VALUES (1, 'A kettle, blue')")
            rows = shop.execute(f"SELECT name FROM item WHERE id = '{query.get('id', '')}'").fetchall()
        return f"<!doctype html><title>Shop</title><p>Found: {html.escape(str(rows))}"

    def fetch(self, query: dict) -> str:
        try:
            with urllib.request.urlopen(query.get("url", ""), timeout=5) as answer:  # noqa: S310
                return f"<!doctype html><title>Fetched</title><p>{len(answer.read())} bytes"
        except (OSError, ValueError):
            return "<!doctype html><title>Fetched</title><p>nothing"

    def say(self, environ: dict) -> str:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        words = parse_qs(environ["wsgi.input"].read(length).decode(errors="replace")).get("words", [""])[0]
        return f"<!doctype html><title>Said</title><p>{html.escape(words)}"


@dataclass
class Elsewhere:
    """What wapiti calls an endpoint: it tells the scanner who called, in the words of wapiti's own.

    `calls` are all paths that were asked for, but for the scanner's own questions.
    """

    calls: list[str] = field(default_factory=list)
    tricked: dict[str, dict] = field(default_factory=dict)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        answer: dict = {}
        if path == "/get_ssrf.php":
            answer = self.tricked
        elif path not in ("/", "/get_xxe.php"):  # the first is how wapiti tells that somebody is there
            self.calls.append(path)
            self.note(path, environ)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def note(self, path: str, environ: dict) -> None:
        match path.strip("/").split("/"):
            case ["ssrf", _, page, parameter]:
                call = {"url": path, "date": "now", "ip": environ["REMOTE_ADDR"], "method": environ["REQUEST_METHOD"]}
                self.tricked.setdefault(page, {}).setdefault(parameter, []).append(call)
