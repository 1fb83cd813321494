"""What a reader's browser does: no other host, no cookie, no storage, no complaint."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .pages import ARTICLES, ARTICLES_LOOKED_AT, STATES, State, open_path

pytestmark = pytest.mark.browser

# Files that somebody may open as a page of its own. Not those of XML: around them Chromium draws a page of
# its own, with a style that our policy refuses, and complains.
FILES = ["/robots.txt", "/site.webmanifest", "/.well-known/security.txt", "/art/ketamine.svg"]
CRAWLED = [
    *STATES,
    *(State(path, open_path(path)) for path in ARTICLES if path not in ARTICLES_LOOKED_AT),
    *(State(path, open_path(path)) for path in FILES),
]
# What is loaded late or not at all on a small light screen is asked for as well, and has arrived.
LOAD_ALL = """async () => {
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.allSettled(images.map((image) => image.decode()));
  await document.fonts.ready;
}"""
KEPT = """async () => [
  document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
  (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length,
]"""
# The browser itself says so of every page with an error status.
ANNOUNCED = "Failed to load resource: the server responded with a status of"


class Watch:
    """All that the pages of one browser context ask for, are given and complain about."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[str] = []
        self.cookies: list[str] = []
        self.said: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("response", lambda response: self.cookies.extend(response.headers.get("set-cookie", "").split()))
        context.on("console", lambda message: self.said.append(f"{message.page.url}: {message.text}"))
        context.on("weberror", lambda error: self.said.append(str(error.error)))

    def foreign(self, own: str) -> set[str]:
        return {url for url in self.asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context
    context.close()


def see_whole(page: Page) -> None:
    """Look at the page in each way that could make it ask for more: light, dark, printed."""
    for looks in (
        {"media": "screen", "color_scheme": "light"},
        {"media": "screen", "color_scheme": "dark"},
        {"media": "print", "color_scheme": "light"},
    ):
        page.emulate_media(**looks)
        page.evaluate(LOAD_ALL)
    page.emulate_media(media="screen", color_scheme="light")


def test_no_page_asks_another_host_or_leaves_anything_behind(live_site, context):
    watch, page = Watch(context), context.new_page()
    for state in CRAWLED:
        state.show(page, live_site)
        see_whole(page)
        assert page.evaluate(KEPT) == ["", 0, 0, 0, 0, 0], state.name
    page.goto(live_site + ARTICLES[0])
    page.pdf()  # really printed, header and footer of the browser included
    page.wait_for_load_state("networkidle")
    assert len({urlsplit(url).path for url in watch.asked}) > len(CRAWLED)
    assert watch.foreign(urlsplit(live_site).netloc) == set()
    assert context.cookies() == watch.cookies == []
    assert [text for text in watch.said if ANNOUNCED not in text] == []


def test_the_crawl_would_notice(live_site, context):
    """A page that asks elsewhere, keeps something and sets a cookie, past the policy that forbids the first."""
    watch, page = Watch(context), context.new_page()
    page.goto(live_site + "/about/")
    page.evaluate(
        "() => { localStorage.a = 1; document.cookie = 'a=1';"
        " fetch('http://elsewhere.example/').catch(() => {}); new Image().src = 'http://elsewhere.example/x.gif'; }"
    )
    assert page.evaluate(KEPT)[:2] == ["a=1", 1]
    assert len(context.cookies()) == 1
    page.wait_for_load_state("networkidle")
    assert any("Content Security Policy" in text for text in watch.said)


def test_the_policy_allows_nothing_inline_and_nothing_foreign(live_site, context):
    page = context.new_page()
    for path in ("/", "/consult/", "/errors/500/", "/errors/503/", "/not-a-page/"):
        policy = page.goto(live_site + path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        for word in ("unsafe", "http:", "https:", "*", "data:", "nonce", "sha256"):
            assert word not in policy, (path, word)
