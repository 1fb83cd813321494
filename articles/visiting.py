"""Visiting a link of another site: politely, with little patience, and never into a private network."""

import errno
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

PATIENCE = 10.0  # seconds for one answer
LONGEST_VISIT = 30.0  # seconds for all of them, however often a link leads elsewhere
PAUSE = 1.0  # seconds between two requests to one host
MOST_REDIRECTS = 10
REDIRECTS = {301, 302, 303, 307, 308}
PERMANENT = {301, 308}
# Sign-in pages and walls against programs: a person with a browser may well get through.
WALLS = {401, 402, 403, 406, 407, 418, 429, 451, 999}
# The fault is most likely on our side of the line.
OUR_FAULTS = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


class Outcome(StrEnum):
    """What a visit tells: it answered, it failed, or nothing can be said."""

    ANSWERED = "answered"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """How a visit went. `problem` is plain words, empty when it answered; `moved_to` the new address for good."""

    outcome: Outcome
    status: int | None = None
    problem: str = ""
    moved_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    sets_cookie: bool


class NotPublic(Exception):
    """The name stands for an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """True when the IP `address` is on the public internet, whatever form it is written in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    hidden = []
    if ip.version == 6:  # an address of the old kind may be wrapped in it
        hidden = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return all(one.is_global and not one.is_multicast for one in (ip, *filter(None, hidden)))


def visit(url: str, *, may_connect: Callable[[str], bool] = is_public) -> Visit:
    """Ask for `url` with HEAD, and with GET when HEAD is refused, following redirects; no body is read.

    `may_connect` is asked of every IP address before a connection; tests let it allow this machine.
    """
    trip = _Trip(may_connect)
    try:
        return trip.go(url)
    except Exception as error:  # whatever a stranger's server does, the worker goes on
        unclear, problem = _describe(error)
        return Visit(outcome=Outcome.UNCLEAR if unclear else Outcome.FAILED, problem=problem)


class _Trip:
    """The requests of one visit."""

    def __init__(self, may_connect: Callable[[str], bool]) -> None:
        self._may_connect = may_connect
        self._ends_at = time.monotonic() + LONGEST_VISIT
        self._last_asked: dict[str, float] = {}

    def go(self, url: str) -> Visit:
        method, seen, moved_to, is_moving, has_cookies = "HEAD", set(), "", True, False
        while (method, url) not in seen and len(seen) <= MOST_REDIRECTS:
            seen.add((method, url))
            try:
                answer = self._ask(method, url)
            except http.client.HTTPException:
                if method == "GET":
                    raise
                method = "GET"  # some servers hang up on HEAD
                continue
            has_cookies |= answer.sets_cookie
            if answer.status in REDIRECTS and answer.location:
                url = urljoin(url, answer.location).partition("#")[0]
                is_moving &= answer.status in PERMANENT
                moved_to = url if is_moving else moved_to
            elif answer.status >= 400 and answer.status != 429 and method == "HEAD":
                method = "GET"
            else:
                return _judge(answer.status, moved_to)
        # Some sites go round until the browser keeps a cookie, which a person's does.
        outcome = Outcome.UNCLEAR if has_cookies else Outcome.FAILED
        return Visit(outcome=outcome, problem="It leads from one address to the next without an end.")

    def _ask(self, method: str, url: str) -> Answer:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not a web address")
        host = parts.hostname.encode("idna").decode()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._pause(host)
        patience = min(PATIENCE, self._ends_at - time.monotonic())
        if patience <= 0:
            raise TimeoutError
        target = iri_to_uri((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        named = f"[{host}]" if ":" in host else host
        with socket.create_connection(self._resolve(host, port), timeout=patience) as plain:
            sock = _secured(plain, host) if parts.scheme == "https" else plain
            with sock:
                return _exchange(
                    sock, method, target, host=f"{named}:{port}" if parts.port else named, patience=patience
                )

    def _pause(self, host: str) -> None:
        """Wait until the host may be asked again."""
        wait = self._last_asked.get(host, -PAUSE) + PAUSE - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._last_asked[host] = time.monotonic()

    def _resolve(self, host: str, port: int) -> tuple[str, int]:
        """Return the address to connect to. Connecting to the name would ask again, and might be told otherwise."""
        found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not all(map(self._may_connect, found)):
            raise NotPublic
        # IPv4 first: small servers often have no way out over IPv6.
        return min(found, key=lambda address: ":" in address), port


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)


def _exchange(sock: socket.socket, method: str, target: str, *, host: str, patience: float) -> Answer:
    """Send one request and read the head of its answer, in `patience` seconds at most."""
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is closed already
            pass

    # A socket's own timeout starts anew with each byte: a server that drips would never end.
    alarm = threading.Timer(patience, hang_up)
    alarm.start()
    connection = http.client.HTTPConnection(host)
    connection.sock = sock
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        headers = {
            "Host": host,
            "User-Agent": f"ClinicLinkCheck/1.0 (+{settings.SITE_URL}/)",
            "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
            "Accept-Language": "en",
            "Connection": "close",
        }
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        if is_late.is_set():  # a head that was cut off looks like one that came to its end
            raise TimeoutError
        location, cookies = response.getheader("Location", ""), response.getheader("Set-Cookie", "")
        return Answer(status=response.status, location=location.strip(), sets_cookie=bool(cookies))
    except (OSError, http.client.HTTPException):
        if is_late.is_set():
            raise TimeoutError
        raise
    finally:
        alarm.cancel()
        connection.close()


def _judge(status: int, moved_to: str) -> Visit:
    if status < 400:
        return Visit(outcome=Outcome.ANSWERED, status=status, moved_to=moved_to[:1000])
    if status in WALLS:
        problem = "It lets no program in. Open it yourself to see whether it is still there."
        return Visit(outcome=Outcome.UNCLEAR, status=status, problem=problem)
    if status in (404, 410):
        return Visit(outcome=Outcome.FAILED, status=status, problem="There is no such page any more.")
    problem = "The other site has a fault." if status >= 500 else "The other site refuses this address."
    return Visit(outcome=Outcome.FAILED, status=status, problem=problem)


def _describe(error: Exception) -> tuple[bool, str]:
    """Return whether the fault may be ours, and what went wrong in plain words."""
    match error:
        case NotPublic():
            return False, "This address is not on the public internet."
        case TimeoutError():
            return False, f"No answer within {PATIENCE:.0f} seconds."
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return True, "The name could not be looked up just now."
        case socket.gaierror():
            return False, "There is no server of this name."
        case ssl.SSLError():
            return False, "No safe connection: the site’s certificate is not good. Browsers warn their readers."
        case OSError(errno=number) if number in OUR_FAULTS:
            return True, "The way to the other site was closed just now."
        case OSError():
            return False, "No connection to the other site."
        case http.client.HTTPException():
            return False, "It does not answer as a web site does."
        case ValueError():
            return False, "This is no web address."
    return True, f"Unexpected: {type(error).__name__}"[:200]
