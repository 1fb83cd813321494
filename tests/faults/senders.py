"""People who send the form and never try again, people who read meanwhile, and what both were answered."""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from .databases import in_time

THANKS = re.compile(r"/consult/thanks/([0-9A-Za-z]+)/$")
PATIENCE = 60  # seconds
PAGES = ("/", "/consult/", "/articles/")


@dataclass
class Outcome:
    """What became of one form. `status` is None when the connection ended without an answer."""

    number: int
    name: str
    by_email: bool
    status: int | None = None
    reference: str = ""
    gives_back: bool = False
    sent_at: float = 0  # of the monotonic clock
    seconds: float = 0

    @property
    def is_acknowledged(self) -> bool:
        return self.status == 303


def address(number: int) -> str:
    """An address of this machine for each sender, so that they are different people to the site."""
    return f"127.{1 + number // 60000}.{number // 240 % 250}.{1 + number % 240}"


def mail_address(number: int) -> str:
    return f"sender{number}@mail.example"


def post(port: int, number: int) -> Outcome:
    """Send one form over a connection of its own."""
    by_email = number % 5 == 0
    outcome = Outcome(number, f"Sender Number {number}", by_email)
    form = {
        "location": ("birmingham", "auburn", "unsure")[number % 3],
        "name": outcome.name,
        "phone": f"205-555-01{number % 100:02} ext {number}",
        "contact_by": "email" if by_email else "call",
        "email": mail_address(number) if by_email else "",
        "best_time": "any",
        "source": "consult",
        "page": "/consult/",
    }
    outcome.sent_at = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(address(number), 0))
    try:
        connection.request("POST", "/consult/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        outcome.status = response.status
        found = THANKS.search(response.headers.get("Location", ""))
        outcome.reference = found[1] if found else ""
        outcome.gives_back = outcome.name in response.read().decode(errors="replace")
    except (OSError, HTTPException):
        if not outcome.reference:
            outcome.status = None
    finally:
        connection.close()
    outcome.seconds = time.monotonic() - outcome.sent_at
    return outcome


class Crowd:
    """`count` forms from several threads, evenly over `seconds`, while others read pages.

    With `reads_first`, nobody sends a form before its page has opened. Use as a context: it ends when every form
    has its outcome.
    """

    def __init__(
        self, port: int, *, count: int, seconds: float, threads: int = 6, first: int = 0, reads_first: bool = False
    ) -> None:
        self.reads_first = reads_first
        self.port, self.count, self.seconds = port, count, seconds
        self.outcomes: list[Outcome] = []
        self.pages: Counter = Counter()
        self.paths: list[str] = []  # more pages to read than those that always are
        self._numbers = iter(range(first, first + count))
        self._first = first
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._senders = [threading.Thread(target=self._send) for _ in range(threads)]
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> "Crowd":
        self._started = time.monotonic()
        for thread in [*self._senders, self._reader]:
            thread.start()
        return self

    def __exit__(self, *exc_info) -> None:
        for thread in self._senders:
            thread.join()
        self._over.set()
        self._reader.join()

    def arrived(self) -> int:
        return len(self.outcomes)

    def acknowledged(self) -> int:
        return sum(outcome.is_acknowledged for outcome in list(self.outcomes))

    @property
    def is_over(self) -> bool:
        return len(self.outcomes) == self.count

    def _send(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            due = self._started + (number - self._first) * self.seconds / self.count
            time.sleep(max(0.0, due - time.monotonic()))
            if self.reads_first:
                in_time(lambda: get(self.port, "/consult/") == 200, seconds=PATIENCE)
            self.outcomes.append(post(self.port, number))

    def _read(self) -> None:
        while not self._over.wait(0.2):
            for path in (*PAGES, *self.paths):
                self.pages[path, get(self.port, path)] += 1


def get(port: int, path: str) -> int | None:
    """Return the status of a page, None without an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
