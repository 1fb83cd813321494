"""The page cache in front of a small application, and in front of the whole site."""

import gzip
import threading
import time
from collections.abc import Callable
from wsgiref.util import setup_testing_defaults

import brotli
import pytest

from clinic_site.core import page_cache
from clinic_site.core.caching import FRESH_UNTIL
from clinic_site.core.page_cache import PageCache
from clinic_site.core.site_wide import STAMP

PAGE = [("Content-Type", "text/html"), ("Cache-Control", "public, max-age=0"), ("X-Frame-Options", "DENY")]
MEGABYTE = 1024 * 1024


class Answered:
    """What a WSGI application answered one request."""

    def __init__(self, application: Callable, path: str, **environ: str) -> None:
        path, _, query = path.partition("?")
        request = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "clinic.example", **environ}
        setup_testing_defaults(request)
        said = []
        answer = application(request, lambda status, headers, exc_info=None: said.append((status, headers)))
        self.body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        self.status = int(said[-1][0].split()[0])
        self.headers = {name.lower(): value for name, value in said[-1][1]}


class Site:
    """An application that says which request it answers, and counts how often it is asked."""

    def __init__(self, *, status: str = "200 OK", headers=PAGE, takes: float = 0, fresh_until=None) -> None:
        self.status, self.headers, self.takes, self.fresh_until = status, headers, takes, fresh_until
        self.asked: list[dict] = []
        self.closed = 0

    def __call__(self, environ: dict, start_response):
        self.asked.append(environ)
        time.sleep(self.takes)
        if self.fresh_until is not None:
            environ[FRESH_UNTIL] = self.fresh_until
        start_response(self.status, self.headers)
        return Body(self, f"<p>{environ['PATH_INFO']}?{environ['QUERY_STRING']} {len(self.asked)}</p>".encode() * 20)


class Body(list):
    def __init__(self, site: Site, text: bytes) -> None:
        super().__init__([text])
        self.site = site

    def close(self) -> None:
        self.site.closed += 1


class Stamp:
    def __init__(self) -> None:
        self.value = 1

    def __call__(self) -> int:
        return self.value


def cache(site, *, stamp=None, most_bytes=MEGABYTE) -> PageCache:
    return PageCache(site, stamp=stamp or Stamp(), most_bytes=most_bytes)


def test_the_second_reader_gets_the_first_ones_page():
    site = Site()
    pages = cache(site)
    first, second = Answered(pages, "/articles/"), Answered(pages, "/articles/")
    assert (first.status, first.body, first.headers) == (second.status, second.body, second.headers)
    assert len(site.asked) == site.closed == 1
    assert second.headers["x-frame-options"] == "DENY"
    assert second.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br, gzip", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip;q=1.0", "gzip"),
        ("br;q=0.0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity", ""),
        ("", ""),
        ("zstd", ""),
        (";;,=", ""),
    ],
)
def test_each_browser_gets_an_encoding_it_accepts(accepted, encoding):
    pages = cache(Site())
    plain = Answered(pages, "/").body
    answer = Answered(pages, "/", HTTP_ACCEPT_ENCODING=accepted)
    assert answer.headers.get("content-encoding", "") == encoding
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    assert decode(answer.body) == plain
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_each_encoding_has_a_strong_etag_of_its_own_that_follows_the_bytes():
    site, stamp = Site(), Stamp()
    pages = cache(site, stamp=stamp)
    accepted = ("br", "gzip", "identity")
    before = [Answered(pages, "/", HTTP_ACCEPT_ENCODING=name).headers["etag"] for name in accepted]
    stamp.value += 1
    after = [Answered(pages, "/", HTTP_ACCEPT_ENCODING=name).headers["etag"] for name in accepted]
    assert len({*before, *after}) == 6
    assert all(etag[0] == etag[-1] == '"' for etag in before)


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_a_browser_that_has_the_page_is_told_so(known):
    pages = cache(Site())
    whole = Answered(pages, "/", HTTP_ACCEPT_ENCODING="br")
    known = known.format(whole.headers["etag"])
    answer = Answered(pages, "/", HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=known)
    assert (answer.status, answer.body) == (304, b"")
    assert not {"content-length", "content-encoding", "content-type"} & set(answer.headers)
    for name in ("etag", "cache-control", "vary"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("known", ['"other"', "", '"', "garbage,,"])
def test_a_browser_that_has_another_page_gets_this_one(known):
    pages = cache(Site())
    Answered(pages, "/")
    assert Answered(pages, "/", HTTP_IF_NONE_MATCH=known).status == 200


def test_head_is_answered_like_get_without_a_body():
    site = Site()
    pages = cache(site)
    cold = Answered(pages, "/", REQUEST_METHOD="HEAD")
    whole = Answered(pages, "/")
    warm = Answered(pages, "/", REQUEST_METHOD="HEAD")
    assert cold.body == warm.body == b""
    assert cold.headers == whole.headers == warm.headers
    assert len(site.asked) == 1


def test_a_change_of_the_content_is_seen_at_once():
    site, stamp = Site(), Stamp()
    pages = cache(site, stamp=stamp)
    before = Answered(pages, "/").body
    stamp.value += 1
    assert Answered(pages, "/").body != before
    assert len(site.asked) == 2


def test_a_page_that_stops_being_true_is_rendered_anew(monkeypatch):
    now = time.time()
    site = Site(fresh_until=now + 5)
    pages = cache(site)
    for later, asked in ((0, 1), (4.9, 1), (5.1, 2)):
        monkeypatch.setattr(page_cache.time, "time", lambda at=now + later: at)
        Answered(pages, "/")
        assert len(site.asked) == asked


def test_no_page_is_older_than_a_minute(monkeypatch):
    site, now = Site(), time.time()
    pages = cache(site)
    for later, asked in ((0, 1), (59, 1), (61, 2)):
        monkeypatch.setattr(page_cache.time, "time", lambda at=now + later: at)
        Answered(pages, "/")
        assert len(site.asked) == asked


@pytest.mark.parametrize(
    "path", ["/articles/?utm_source=mail&utm_campaign=x", "/articles/?fbclid=1", "/articles/?", "/articles/?pagex=2"]
)
def test_what_others_add_to_the_address_is_the_same_page(path):
    site = Site()
    pages = cache(site)
    assert Answered(pages, path).body == Answered(pages, "/articles/").body
    assert len(site.asked) == 1
    assert site.asked[0]["QUERY_STRING"] == ""


def test_a_declared_parameter_is_another_page():
    site = Site()
    pages = cache(site)
    paths = ["/articles/", "/articles/?page=2", "/articles/?page=3", "/articles/?page=2&utm_source=x", "/?page=2"]
    answers = [Answered(pages, path).body for path in paths]
    assert answers[1] == answers[3]
    assert [asked["QUERY_STRING"] for asked in site.asked] == ["", "page=2", "page=3", ""]


def test_nothing_of_the_one_reader_reaches_the_page():
    site = Site()
    told = {
        "HTTP_USER_AGENT": "canary",
        "HTTP_ACCEPT_LANGUAGE": "canary",
        "HTTP_X_FORWARDED_HOST": "canary",
        "HTTP_X_FORWARDED_FOR": "canary",
        "HTTP_REFERER": "canary",
    }
    Answered(cache(site), "/articles/?utm_source=canary", **told)
    assert "canary" not in str({name: value for name, value in site.asked[0].items() if not name.startswith("wsgi")})


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_COOKIE": "session=x"},
        {"HTTP_COOKIE": ""},
        {"HTTP_AUTHORIZATION": "Basic x"},
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "PUT"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "clinic.example:1@evil.example"},
        {"HTTP_HOST": ""},
        {"SCRIPT_NAME": "/below"},
    ],
)
def test_what_is_not_an_anonymous_question_to_us_goes_past(environ):
    site = Site()
    pages = cache(site)
    kept = Answered(pages, "/").body
    answers = [Answered(pages, "/", **environ).body for _ in range(2)]
    assert kept not in answers
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("environ", "stamp"),
    [
        ({}, 1),
        ({"HTTP_COOKIE": "session=x"}, None),
        ({"HTTP_COOKIE": ""}, None),
        ({"HTTP_AUTHORIZATION": "Basic x"}, None),
        ({"REQUEST_METHOD": "PUT"}, None),
    ],
)
def test_what_readers_send_goes_past_with_the_stamp_and_what_staff_send_without(environ, stamp):
    site = Site()
    Answered(cache(site), "/consult/", **{"REQUEST_METHOD": "POST", **environ})
    assert site.asked[0].get(STAMP) == stamp


@pytest.mark.parametrize(
    "path", ["/search/?q=x", "/search/", "/admin/", "/consult/thanks/23456789/", "/preview/x/", "/readyz", "/x/y/z"]
)
def test_a_page_that_no_view_declared_goes_past(path):
    site = Site()
    pages = cache(site)
    for _ in range(2):
        Answered(pages, path)
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "site",
    [
        Site(status="404 Not Found"),
        Site(status="301 Moved Permanently"),
        Site(status="503 Service Unavailable"),
        Site(headers=[*PAGE, ("Set-Cookie", "a=b")]),
        Site(headers=[*PAGE, ("Vary", "Accept-Encoding, Cookie")]),
        Site(headers=[*PAGE, ("Vary", "*")]),
        Site(headers=[*PAGE, ("Content-Encoding", "gzip")]),
        Site(headers=[("Content-Type", "text/html")]),
        Site(headers=[("Cache-Control", "private")]),
        Site(headers=[("Cache-Control", "no-store")]),
    ],
)
def test_nothing_else_is_ever_kept(site):
    pages = cache(site)
    answers = [Answered(pages, "/") for _ in range(2)]
    assert len(site.asked) == site.closed == 2
    assert answers[0].status == int(site.status.split()[0])
    assert answers[0].headers == {name.lower(): value for name, value in site.headers}


def test_an_answer_that_is_no_page_knows_the_whole_address():
    site = Site(status="301 Moved Permanently")
    assert b"utm_source=x" in Answered(cache(site), "/articles/?utm_source=x").body


def test_on_a_secure_site_only_what_came_securely_is_answered(settings):
    settings.SITE_IS_SECURE = True
    site = Site()
    pages = cache(site)
    for environ, asked in [
        ({"wsgi.url_scheme": "http"}, 1),
        ({"HTTP_X_FORWARDED_PROTO": "https"}, 2),
        ({"wsgi.url_scheme": "https"}, 3),
        ({"wsgi.url_scheme": "https"}, 3),
    ]:
        Answered(pages, "/", **environ)
        assert len(site.asked) == asked
    settings.TRUST_PROXY = True
    Answered(pages, "/", **{"wsgi.url_scheme": "https"})
    assert len(site.asked) == 4
    Answered(pages, "/", HTTP_X_FORWARDED_PROTO="https")
    assert len(site.asked) == 4


def test_memory_is_bounded_and_what_was_asked_for_longest_ago_goes_first():
    site = Site()
    size = sum(
        len(Answered(cache(Site()), "/articles/a/", HTTP_ACCEPT_ENCODING=name).body) for name in ("br", "gzip", "")
    )
    pages = cache(site, most_bytes=2 * size + size // 2)
    for path in ("/articles/a/", "/articles/b/", "/articles/a/", "/articles/c/"):
        Answered(pages, path)
    assert [asked["PATH_INFO"] for asked in site.asked] == ["/articles/a/", "/articles/b/", "/articles/c/"]
    Answered(pages, "/articles/a/")
    assert len(site.asked) == 3
    Answered(pages, "/articles/b/")
    assert len(site.asked) == 4


def test_without_memory_nothing_is_kept():
    site = Site()
    pages = cache(site, most_bytes=0)
    for _ in range(2):
        assert Answered(pages, "/").status == 200
    assert len(site.asked) == 2


def test_a_cold_page_is_rendered_once_for_all_who_wait():
    site = Site(takes=0.1)
    pages = cache(site)
    bodies = []
    readers = [threading.Thread(target=lambda: bodies.append(Answered(pages, "/").body)) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(bodies) == 8
    assert len(set(bodies)) == len(site.asked) == 1


def test_a_page_that_breaks_keeps_nobody_waiting():
    def broken(environ, start_response):
        raise ZeroDivisionError

    pages = cache(broken)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            Answered(pages, "/")


def test_those_who_wait_too_long_render_it_themselves(monkeypatch):
    monkeypatch.setattr(page_cache, "PATIENCE_SECONDS", 0.05)
    site = Site(takes=0.3)
    pages = cache(site)
    bodies = []
    readers = [threading.Thread(target=lambda: bodies.append(Answered(pages, "/").body)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(bodies) == len(site.asked) == 2


def test_a_proxy_keeps_a_page_of_ours_until_this_second_is_over():
    pages = cache(Site(headers=[*PAGE, ("X-Accel-Expires", "@1")]))
    for _ in range(2):
        before = int(time.time())
        answer = Answered(pages, "/")
        assert before <= int(answer.headers["x-accel-expires"].removeprefix("@")) <= time.time()
        # nginx 1.22 reads nothing of a Cache-Control that comes after its own header.
        assert list(answer.headers).index("cache-control") < list(answer.headers).index("x-accel-expires")
