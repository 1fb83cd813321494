"""The deployment that is scanned, and an editor who signs in to it as people do."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tests.deploy.stack import Stack, running_nginx
from tests.load import database

PASSWORD = "a-long-password-for-tests"
LOGIN = "/admin/account/login/"


@contextmanager
def site(*, postgres: bool) -> Iterator[Stack]:
    """Run the whole deployment at https://localhost:…, with its worker, filled, and noting what it is asked."""
    with ExitStack() as opened:
        url = opened.enter_context(database(postgres=postgres))
        kept = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="clinic-scan-")))
        settings = {"DATABASE_URL": url, "SCAN_NOTES": str(kept / "notes")}
        stack = opened.enter_context(running_nginx(host="localhost", **settings))
        stack.manage("prepare")
        stack.manage("shell", "-c", f"from tests.scan.fill import fill; fill({str(kept / 'codes')!r})")
        stack.codes = (kept / "codes").read_text().split()
        stack.start_web(application="tests.scan.recorded")
        stack.start(
            "worker",
            sys.executable,
            "manage.py",
            "run_worker",
            env={"SSL_CERT_FILE": f"{stack.folder}/certificate.pem"},
        )
        stack.lines_before = asked(stack)  # nginx was up before the site was
        yield stack


def asked(stack: Stack) -> int:
    """How many requests nginx has answered so far."""
    with open(stack.folder / "cache" / "access.log", "rb") as log:
        return sum(block.count(b"\n") for block in iter(lambda: log.read(1 << 20), b""))


@dataclass
class Visitor:
    """Somebody with a browser, as far as signing in needs one."""

    stack: Stack
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack, cookie: str) -> "Visitor":
        return cls(stack, {name: morsel.value for name, morsel in SimpleCookie(cookie).items()})

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, path: str, post: dict | None = None):
        headers = {"Cookie": self.cookie} if self.cookies else {}
        if post is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.stack.origin}
        method, body = ("GET", None) if post is None else ("POST", urlencode(post))
        response = self.stack.ask(path, method=method, body=body, headers=headers)
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response

    def send(self, path: str, **post: str) -> str:
        """Send the form of a page; return where that leads. Raises RuntimeError when it leads nowhere."""
        token = self.token(path)
        response = self.ask(path, {"csrfmiddlewaretoken": token, **post})
        if response.status != 302:
            raise RuntimeError(f"{path} answered {response.status} to an editor who signs in")
        return response.headers["Location"]

    def token(self, path: str) -> str:
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask(path).body.decode())[1]


def signed_in(stack: Stack) -> Visitor:
    """Return the editor, with a password and a recovery code that nobody has used yet."""
    editor = Visitor(stack)
    editor.send(editor.send(LOGIN, login="editor", password=PASSWORD), code=stack.codes.pop())
    if (status := editor.ask("/admin/articles/article/").status) != 200:
        raise RuntimeError(f"the editor is not let in: {status}")
    return editor


def notes_of(stack: Stack) -> list[dict]:
    """Return what the site noted of each request that reached it; see `tests.scan.recorded`."""
    with open(stack.environment["SCAN_NOTES"]) as notes:
        return [json.loads(line) for line in notes]


def stored(stack: Stack) -> dict:
    path = stack.folder / "stored.json"
    stack.manage("shell", "-c", f"from tests.scan.fill import report; report({str(path)!r})")
    return json.loads(path.read_text())
