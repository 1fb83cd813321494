"""Signing in as a person does."""

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.factories.consults import PASSWORD


def sign_in(browser: Browser, site: str, name: str, **context) -> tuple[BrowserContext, Page]:
    """Return a browser of one's own in which `name` is signed in, on the admin's first screen."""
    opened = browser.new_context(**context)
    page = opened.new_page()
    page.goto(f"{site}/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator("h1")).to_have_text("Today")
    return opened, page
