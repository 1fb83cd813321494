"""Finished public pages, kept in memory in front of Django.

A WSGI application of its own, because most of what a page costs is Django's way to the view: a page
that lies here is one look-up. It knows only pages whose view says so (`caching.cached_page`), asks
for them without anything that could tell one reader from another, and keeps nothing but a 200.
"""

import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import brotli

from . import counters
from .caching import FRESH_UNTIL, NGINX_UNTIL, end_of_this_second
from .page_key import LONGEST, asked_for, is_anonymous, key_of
from .site_wide import STAMP

# However fresh, a page is rendered anew after this many seconds: dates turn into the past by themselves.
MOST_SECONDS = 60
# How long a second reader of a cold page waits for the first one's before rendering it, too.
PATIENCE_SECONDS = 5
BROTLI_QUALITY = 5
# Said beside "public", they win.
FOR_ONE_READER = {"private", "no-store", "no-cache"}
# What may differ between two answers to the same question, and says nothing about the page.
NOT_KEPT = {"content-length", "etag", "vary", "x-request-id", NGINX_UNTIL.lower()}

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One page in one encoding, as it goes over the wire."""

    etag: str
    headers: Headers
    headers_of_304: Headers
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page in every encoding; `until` is a moment of `time.time()`."""

    stamp: Hashable
    until: float
    variants: dict[str, Variant]

    @property
    def size(self) -> int:
        return sum(len(variant.body) for variant in self.variants.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Django answered."""

    status: str
    headers: Headers
    body: bytes
    fresh_until: float | None


class PageCache:
    """Answer readers from memory while the content stamp stays the same; pass on everything else.

    `stamp` returns a value that differs once any public content does. `most_bytes` bounds what is
    kept; the pages asked for longest ago go first. Answers carry a strong ETag; HEAD and
    If-None-Match are answered from memory, too.
    """

    def __init__(self, application, *, stamp: Callable[[], Hashable], most_bytes: int) -> None:
        self.application = application
        self.stamp = stamp
        self.most_bytes = most_bytes
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._rendering: dict[str, threading.Event] = {}

    def __call__(self, environ: dict, start_response) -> Iterable[bytes]:
        key = key_of(environ)
        if key is None:
            if environ["REQUEST_METHOD"] == "POST" and is_anonymous(environ):
                environ[STAMP] = self.stamp()  # a form needs much of what its page did
            return self.application(environ, start_response)
        page = self._find(key)
        if page is None:
            page = self._make(key, environ)
            counters.page_came_from(counters.MISS)
        else:
            counters.page_came_from(counters.HIT)
        if isinstance(page, Page):
            return _send(page, environ, start_response)
        if page is not None and key == asked_for(environ):
            start_response(page.status, page.headers)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]
        return self.application(environ, start_response)

    def _find(self, key: str) -> Page | None:
        stamp = self.stamp()
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.stamp != stamp or page.until <= time.time():
                return None
            self._pages.move_to_end(key)
            return page

    def _make(self, key: str, environ: dict) -> Page | Answer | None:
        """Return the page, rendered by us or by whoever came first; or the answer that is no page."""
        with self._lock:
            first = self._rendering.get(key)
            if first is None:
                mine = self._rendering[key] = threading.Event()
        if first is not None:
            first.wait(PATIENCE_SECONDS)
            return self._find(key)
        try:
            # Read before the page is: a change in between makes the page old, never the stamp.
            stamp = self.stamp()
            answer = _ask(self.application, environ, key, stamp=stamp)
            page = _page(answer, stamp=stamp)
            if page is not None:
                self._keep(key, page)
            return page or answer
        finally:
            with self._lock:
                del self._rendering[key]
            mine.set()

    def _keep(self, key: str, page: Page) -> None:
        with self._lock:
            before = self._pages.pop(key, None)
            self._pages[key] = page
            self._bytes += page.size - (before.size if before else 0)
            while self._bytes > self.most_bytes:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= gone.size


# Rendering it --------------------------------------------------------------------------------------


def _ask(application, environ: dict, key: str, *, stamp: Hashable) -> Answer:
    """Ask Django for the page as anybody would get it: no header of this one reader reaches the view."""
    plain = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
    for name in ("HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REQUEST_ID"):
        if name in environ:
            plain[name] = environ[name]
    plain["REQUEST_METHOD"], plain[STAMP] = "GET", stamp
    plain["QUERY_STRING"] = key[len(environ["PATH_INFO"]) :].removeprefix("?")
    said = []
    answer = application(plain, lambda status, headers, exc_info=None: said.append((status, headers)))
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, headers = said[-1]
    return Answer(status=status, headers=headers, body=body, fresh_until=plain.get(FRESH_UNTIL))


def _page(answer: Answer, *, stamp: Hashable) -> Page | None:
    """Return what may be kept of an answer: a 200 for everybody, or nothing."""
    headers = {name.lower(): value for name, value in answer.headers}
    allowed = {name.strip().lower() for name in headers.get("cache-control", "").split(",")}
    varies = {name.strip().lower() for name in headers.get("vary", "").split(",") if name.strip()}
    if (
        not answer.status.startswith("200 ")
        or "set-cookie" in headers
        or "content-encoding" in headers
        or "public" not in allowed
        or allowed & FOR_ONE_READER
        or varies - {"accept-encoding"}
    ):
        return None
    until = time.time() + MOST_SECONDS
    if answer.fresh_until is not None:
        until = min(until, answer.fresh_until)
    kept = [(name, value) for name, value in answer.headers if name.lower() not in NOT_KEPT]
    digest = blake2b(answer.body, digest_size=12).hexdigest()
    return Page(stamp=stamp, until=until, variants=_variants(answer.body, kept, digest))


def _variants(body: bytes, headers: Headers, digest: str) -> dict[str, Variant]:
    bodies = {
        "br": brotli.compress(body, quality=BROTLI_QUALITY),
        "gzip": gzip.compress(body, compresslevel=6, mtime=0),
        "": body,
    }
    variants = {}
    for encoding, encoded in bodies.items():
        etag = f'"{digest}-{encoding}"' if encoding else f'"{digest}"'
        shared = [(name, value) for name, value in headers if name.lower() != "content-type"]
        shared += [("ETag", etag), ("Vary", "Accept-Encoding")]
        own = [(name, value) for name, value in headers if name.lower() == "content-type"]
        own += [("Content-Length", str(len(encoded)))]
        own += [("Content-Encoding", encoding)] if encoding else []
        variants[encoding] = Variant(etag=etag, headers=own + shared, headers_of_304=shared, body=encoded)
    return variants


# Sending it ----------------------------------------------------------------------------------------


def _send(page: Page, environ: dict, start_response) -> Iterable[bytes]:
    variant = page.variants[_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST])]
    moment = (NGINX_UNTIL, end_of_this_second())
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None and _matches(known, variant.etag):
        start_response("304 Not Modified", [*variant.headers_of_304, moment])
        return []
    start_response("200 OK", [*variant.headers, moment])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]


@lru_cache(maxsize=256)
def _encoding(accepted: str) -> str:
    """Return the best of our encodings that an Accept-Encoding header allows: br, gzip or none (RFC 9110, 12.5.3)."""
    qualities = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        qualities[name.strip()] = parameter.replace(" ", "")
    for encoding in ("br", "gzip"):
        quality = qualities.get(encoding, qualities.get("*", "q=0"))
        if quality.removeprefix("q=").strip("0.") or not quality:
            return encoding
    return ""


def _matches(known: str, etag: str) -> bool:
    """True when If-None-Match names this ETag; W/ is looked through (RFC 9110, 13.1.2)."""
    return known.strip() == "*" or any(part.strip().removeprefix("W/") == etag for part in known.split(","))
