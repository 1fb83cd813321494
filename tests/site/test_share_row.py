"""Copy and print appear only where scripts run, and then they work."""

import pytest
from playwright.sync_api import Browser, expect

from .pages import ARTICLES

pytestmark = pytest.mark.browser


def test_without_scripts_there_is_nothing_that_cannot_work(live_site, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_site + ARTICLES[3])
    expect(page.locator(".share").get_by_role("link", name="Email")).to_be_visible()
    for name in ("copy", "print"):
        expect(page.locator(f"[data-share={name}]")).to_be_hidden()
    context.close()


def test_with_scripts_the_link_is_copied_and_said_so(live_site, browser: Browser):
    context = browser.new_context(permissions=["clipboard-write"])
    page = context.new_page()
    page.goto(live_site + ARTICLES[3])
    expect(page.locator("[data-share=print]")).to_be_visible()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("[data-share=status]")).to_have_text("Link copied")
    page.goto(f"{live_site}/search/")  # pages may not read the clipboard; people paste
    page.locator("main input[name=q]").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("main input[name=q]")).to_have_value(f"http://clinic.example{ARTICLES[3]}")
    context.close()
