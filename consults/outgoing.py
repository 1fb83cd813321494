"""One HTTP request to an address that the operator set, and no more: no redirect is followed, no cookie kept."""

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

PATIENCE = 10.0  # seconds for one request, from the first byte to the head of the answer


class NoAnswer(Exception):
    """Nothing came back in time, or nothing that is HTTP."""


@dataclass(frozen=True)
class Answer:
    """The head of an answer."""

    status: int
    location: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: `url` begins with http: or https:."""

    url: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def ask(question: Question, *, patience: float = PATIENCE) -> Answer:
    """Send one request and read the head of its answer. Raises NoAnswer, after `patience` seconds at the latest."""
    try:
        parts = urlsplit(question.url)
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, patience)
    except ValueError as error:
        raise NoAnswer from error
    # A socket's own timeout starts anew with each byte: a server that drips would never end.
    hung_up = threading.Event()
    alarm = threading.Timer(patience, _hang_up, [connection, hung_up])
    alarm.daemon = True
    alarm.start()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": f"ClinicWebsite/1.0 (+{settings.SITE_URL}/)", "Connection": "close", **question.headers}
    try:
        connection.request(question.method, target, body=question.body, headers=headers)
        response = connection.getresponse()
        if hung_up.is_set():  # a head that was cut off looks like one that came to its end
            raise TimeoutError
        return Answer(response.status, response.getheader("Location", ""))
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer from error
    finally:
        alarm.cancel()
        connection.close()


def _connection(scheme: str, host: str, port: int | None, patience: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=patience, context=ssl.create_default_context())
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=patience)
    raise ValueError("no http address")


def _hang_up(connection: http.client.HTTPConnection, hung_up: threading.Event) -> None:
    hung_up.set()  # first, so that whoever sees the end knows its cause
    try:
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is closed already
        pass
