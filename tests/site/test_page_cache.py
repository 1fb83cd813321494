"""What may be in the page cache of the whole site: what everybody may read, and nothing else."""

from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import get_resolver, reverse

from clinic_site.core.page_cache import PageCache
from tests.core.test_page_cache import MEGABYTE, Answered

from .canary import canary_post, leaks
from .pages import PATHS, SEARCHES
from .test_authorisation import walk

pytestmark = pytest.mark.django_db

# Every view that may be kept, by its address, with what makes another page of it. Declaring one more
# is a decision: it must be the same for everybody, and nothing personal may ever stand on it.
DECLARED = {
    "": (),
    "articles/": ("page",),
    "articles/topics/<slug:slug>/": ("page",),
    "articles/<slug:slug>/": (),
    "feed/": (),
    "feed/rss/": (),
    "questions/": (),
    "locations/": (),
    "locations/<slug:slug>/": (),
    "consult/": (),
    "^consult$": (),
    "art/<slug:slug>.svg": (),
    "robots.txt": (),
    "sitemap.xml": (),
    "sitemap-<slug:section>-<int:number>.xml": (),
    "site.webmanifest": (),
    ".well-known/security.txt": (),
    "<slug:slug>/": (),
}


class Counted:
    """Django, counting how often it is asked; it keeps the connection to the database, where the test's rows are."""

    def __init__(self) -> None:
        self.django, self.asked = WSGIHandler(), []

    def __call__(self, environ, start_response):
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        self.asked.append(environ["PATH_INFO"])
        return self.django(environ, start_response)


@pytest.fixture
def site() -> Iterator[Counted]:
    yield Counted()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def pages(site) -> PageCache:
    return PageCache(site, stamp=lambda: 1, most_bytes=64 * MEGABYTE)


def kept(pages: PageCache) -> list[bytes]:
    return [repr(key).encode() + repr(page.variants).encode() for key, page in pages._pages.items()]


def declared() -> dict[str, tuple[str, ...]]:
    found = {}

    def look(patterns, prefix=""):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                look(pattern.url_patterns, route)
            elif hasattr(pattern.callback, "page_parameters"):
                found[route] = pattern.callback.page_parameters

    look(get_resolver("clinic_site.urls").url_patterns)
    return found


def test_only_these_views_are_kept():
    assert declared() == DECLARED


@pytest.mark.parametrize("path", [*PATHS, "/feed/", "/robots.txt", "/sitemap.xml", "/site.webmanifest"])
def test_every_public_page_is_asked_of_django_once(content, site, pages, path):
    answers = [Answered(pages, path + added) for added in ("", "?utm_source=x", "?fbclid=y")]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert answers[0].body == answers[1].body == answers[2].body
    assert len(site.asked) == 1


def test_the_page_is_what_django_alone_would_answer(content, client, pages):
    for path in PATHS:
        answer, alone = Answered(pages, path), client.get(path, headers={"host": "clinic.example"})
        assert answer.body == alone.content, path
        own = {"etag", "content-length", "vary", "x-accel-expires", "x-request-id"}
        assert {name: value for name, value in answer.headers.items() if name not in own} == {
            name.lower(): value for name, value in alone.headers.items() if name.lower() not in own
        }, path


@pytest.mark.parametrize("path", [*SEARCHES, "/admin/login/", "/readyz", "/media/x.jpg", "/not-a-page/"])
def test_what_is_private_or_no_page_is_asked_of_django_each_time(content, site, pages, path):
    for _ in range(2):
        Answered(pages, path)
    assert len(site.asked) == 2
    assert kept(pages) == []


def test_nothing_personal_is_ever_kept(content, client, pages, django_user_model):
    """A request comes in, is looked at by staff, and every address is asked for: as a stranger and as staff."""
    thanks = client.post("/consult/", canary_post())["Location"]
    user = django_user_model.objects.create_superuser("owner")
    client.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    addresses = ["/" + route for _, route in walk(get_resolver("clinic_site.urls").url_patterns) if "<" not in route]
    request_page = reverse("admin:consults_consultrequest_changelist")
    for path in [*addresses, *PATHS, *SEARCHES, thanks, request_page, "/search/?q=zqwilla", "/consult/?name=Zqwilla"]:
        Answered(pages, path)
        Answered(pages, path, HTTP_COOKIE=cookie)
        Answered(pages, path, HTTP_REFERER="https://zqmailbox.example/?zqwilla", HTTP_USER_AGENT="zqwilla")
    assert len(kept(pages)) >= len(PATHS)
    assert leaks(*kept(pages)) == []
    assert not any(b"csrfmiddlewaretoken" in page or b"Set-Cookie" in page for page in kept(pages))
