"""An article on paper: the text, its sources and 988, without what only a screen can use."""

import pytest
from playwright.sync_api import Page

from .pages import ARTICLES

pytestmark = pytest.mark.browser


def test_paper_keeps_the_text_and_drops_the_controls(live_site, page: Page):
    page.goto(live_site + ARTICLES[3])
    page.emulate_media(media="print")
    for selector in (".nav", ".menu", ".bar", ".share", ".side", ".cta"):
        assert not page.locator(selector).first.is_visible(), selector
    for selector in ("h1", ".facts", "#references", ".refs", ".crisis", ".foot address"):
        assert page.locator(selector).first.is_visible(), selector
    color = page.locator("article p").first.evaluate("e => getComputedStyle(e).color")
    assert color == "rgb(0, 0, 0)"
    assert page.locator("article a[href^=http]").first.evaluate("e => getComputedStyle(e, '::after').content") != "none"
    assert len(page.pdf(format="Letter")) > 10_000
