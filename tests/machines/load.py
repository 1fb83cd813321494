"""Visitors: some read, some send the form and, as people do, send it again when no thanks came."""

import http.client
import random
import re
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlencode

PATIENCE = 45  # seconds that a visitor waits for an answer
TRIES = 30
# The form as a browser sends it; name, phone and email are each visitor's own.
FORM = {
    "location": "birmingham",
    "contact_by": "call",
    "best_time": "any",
    "source": "consult",
    "page": "/consult/",
    "consents": "",
    "leave_blank": "",
    "took": "",
}
MARKER = re.compile(r"change number (\d+)\.")


@dataclass(frozen=True)
class Seen:
    """One answer, or none: `status` is 0 when the connection failed. Moments are those of time.time()."""

    began_at: float
    seconds: float
    method: str
    path: str
    status: int


@dataclass
class Record:
    """What all visitors saw."""

    answers: list[Seen] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)  # a name and the reference it got
    not_acknowledged: list[str] = field(default_factory=list)
    lost_words: list[str] = field(default_factory=list)  # 503 pages without what was typed
    stale: list[tuple[float, float]] = field(default_factory=list)  # when an old page was asked for, and how old it was

    def between(self, start: float, end: float) -> list[Seen]:
        return [seen for seen in self.answers if start <= seen.began_at < end]


def is_fault(seen: Seen) -> bool:
    """True for what a visitor would call broken: 5xx, no answer, or a page that should be there and is not."""
    return seen.status == 0 or seen.status >= 400


class Visitors:
    """Threads that read and ask until told to stop."""

    def __init__(self, *, address: str, port: int, pages: list[str], readers: int, askers: int) -> None:
        self.address, self.port, self.pages = address, port, pages
        self.record = Record()
        self.stopping = threading.Event()
        # Pictures anew each time: what the proxy keeps would hide a store that is away.
        self.past_proxy = threading.Event()
        self._numbers = iter(range(1, 1_000_000))
        self._threads = [threading.Thread(target=self._read, args=[n]) for n in range(readers)]
        self._threads += [threading.Thread(target=self._ask_often, args=[n]) for n in range(askers)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self._threads:
            if thread.ident:
                thread.join()

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    def fetch(
        self, path: str, *, body: str | None = None, client: str = "", host: str = "", cookie: str = ""
    ) -> tuple[Seen, Message | None, str]:
        """Ask once, from the address `client`, and write down what came."""
        method, began_at, status, headers, text = "POST" if body else "GET", time.time(), 0, None, ""
        source = (client, 0) if client else None
        connection = http.client.HTTPConnection(self.address, self.port, timeout=PATIENCE, source_address=source)
        try:
            sent = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            sent |= {"Cookie": cookie} if cookie else {}
            connection.request(method, path, body=body, headers={**sent, "Host": host or self.host})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            status, headers = response.status, response.headers
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        seen = Seen(began_at, time.time() - began_at, method, path.partition("?")[0], status)
        self.record.answers.append(seen)
        return seen, headers, text

    def _read(self, number: int) -> None:
        choose = random.Random(number)
        while not self.stopping.is_set():
            path = choose.choice(self.pages)
            past = self.past_proxy.is_set() and path.startswith("/media/")
            self.fetch(f"{path}?{choose.random()}" if past else path)
            self.stopping.wait(choose.uniform(0.02, 0.12))

    def _ask_often(self, asker: int) -> None:
        choose = random.Random(1000 + asker)
        while not self.stopping.is_set():
            self._ask(next(self._numbers), asker)
            self.stopping.wait(choose.uniform(0.3, 0.7))

    def send(self, name: str, *, number: int = 0, asker: int = 9) -> tuple[Seen, Message | None, str]:
        """Send the form once as `name`, from a place of its own."""
        own = {"name": name, "phone": f"205-555-01{number % 100:02}", "email": f"v{asker}n{number}@mail.example"}
        client = f"10.77.{128 + asker}.{number % 250 + 1}"
        return self.fetch("/consult/", body=urlencode({**FORM, **own}), client=client)

    def _ask(self, number: int, asker: int) -> None:
        name = f"Visitor Number {asker}-{number}"
        for _ in range(TRIES):
            seen, headers, text = self.send(name, number=number, asker=asker)
            if seen.status == 303:
                reference = headers["Location"].rstrip("/").rpartition("/")[2]
                self.record.acknowledged[name] = reference
                self.fetch(headers["Location"])
                return
            if seen.status == 503 and name not in text:
                self.record.lost_words.append(name)
            time.sleep(0.5)
        self.record.not_acknowledged.append(name)


class Watcher:
    """Looks at one page again and again, and finds out how old what it shows is."""

    def __init__(self, *, host: str, address: str, port: int, record: Record, changes: dict[int, float]):
        self.host, self.address, self.port = host, address, port
        self.record, self.changes = record, changes
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self._thread.ident:
            self._thread.join()

    def _watch(self) -> None:
        while not self.stopping.wait(0.1):
            began_at = time.time()
            text = self._page()
            found = MARKER.search(text or "")
            if found:
                # The moment from which something newer stood in the database.
                later = self.changes.get(int(found[1]) + 1)
                if later is not None and began_at > later:
                    self.record.stale.append((began_at, began_at - later))

    def _page(self) -> str | None:
        connection = http.client.HTTPConnection(self.address, self.port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": self.host})
            response = connection.getresponse()
            return response.read().decode() if response.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
