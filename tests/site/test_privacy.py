"""What a reader's browser does: no other host, no cookie, no storage, no complaint."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from .pages import STATES

pytestmark = pytest.mark.browser


def test_no_page_asks_another_host_or_leaves_anything_behind(live_site, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    own, asked, said = urlsplit(live_site).netloc, [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for state in STATES:
        state.show(page, live_site)
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        kept = page.evaluate(
            "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,"
            " (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"
        )
        assert kept == [0, 0, 0, 0, 0], state.name
    assert context.cookies() == []
    context.close()
    foreign = {url for url in asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own}
    assert foreign == set()
    # A page with an error status is announced in the console by the browser itself.
    expected = "Failed to load resource: the server responded with a status of"
    assert [text for text in said if expected not in text] == []


def test_the_policy_allows_nothing_inline_and_nothing_foreign(live_site, browser: Browser):
    context = browser.new_context()
    page = context.new_page()
    for path in ("/", "/consult/", "/errors/500/", "/errors/503/", "/not-a-page/"):
        policy = page.goto(live_site + path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        for word in ("unsafe", "http:", "https:", "*", "data:", "nonce", "sha256"):
            assert word not in policy, (path, word)
    context.close()
