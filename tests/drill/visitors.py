"""Visitors who send the form at a steady rate, and remember what they were told."""

import http.client
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

# Without Django: the drill stands outside of the site.
POST = {"location": "birmingham", "contact_by": "email", "best_time": "any", "source": "consult", "page": "/consult/"}


@dataclass
class Visitors:
    """`rate` requests a second at a site on this machine, from four threads, until told to stop."""

    port: int
    rate: float
    acknowledged: dict[str, float] = field(default_factory=dict)  # reference: time.time() of the answer
    refused: int = 0

    def __post_init__(self) -> None:
        self.stopping, self.numbers, self.lock = threading.Event(), count(), threading.Lock()
        self.started = time.monotonic()
        self.threads = [threading.Thread(target=self._work) for _ in range(4)]

    def __enter__(self) -> "Visitors":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *args) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _work(self) -> None:
        while not self.stopping.is_set():
            number = next(self.numbers)
            if self.stopping.wait(max(0, self.started + number / self.rate - time.monotonic())):
                return
            try:
                self._send(number)
            except (OSError, http.client.HTTPException):
                self.refused += 1

    def _send(self, number: int) -> None:
        letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        post = {**POST, "name": f"Visitor {letters}", "email": f"visitor-{letters}@mail.example"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            "X-Forwarded-Proto": "http",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/consult/", urlencode(post), headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status == 303:
            with self.lock:
                self.acknowledged[answer.headers["Location"].rstrip("/").rsplit("/", 1)[-1]] = time.time()
        else:
            self.refused += 1
