"""A prospect reads on a phone, asks for a consult with two slips, and the front desk sees it wait."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from clinic_site.core.models import OutboxMessage
from consults.models import ConsultRequest
from locations.models import Location
from tests.factories.consults import make_recipient
from tests.faults.worker import running_worker, wait_until
from tests.smtp import smtp_server

pytestmark = [pytest.mark.browser, pytest.mark.journey]

# The browser carries the fragment of a followed error link over to the next page.
THANKS = re.compile(r"/consult/thanks/(\w{8})/(?:#\w+)?$")
PHONE = {"width": 390, "height": 844}
CORNERSTONE = "Which mental health conditions is ketamine used for?"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_read_ask_be_told(live_site, browser: Browser, scripts):
    make_recipient("desk@clinic.example", location=Location.objects.get(slug="auburn"))
    make_recipient("manager@clinic.example")
    User.objects.create_superuser("manager", password="a-long-password-for-tests")

    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = context.new_page()
    read_the_cornerstone(page, live_site)
    ask_with_two_slips(page, scripts=scripts)
    reference = THANKS.search(page.url)[1]
    assert page.locator("h1").inner_text() == "We have your request"
    assert f"{reference[:4]}-{reference[4:]}" in page.inner_text("main")
    for word in ("Dana", "Whitfield", "0142"):
        assert word not in page.inner_text("body") + page.url
    assert context.cookies() == []
    context.close()

    request = ConsultRequest.objects.get()
    assert (request.reference, request.name, request.source) == (reference, "Dana Whitfield", "article")
    mails = deliver()
    told = [mail.recipients for mail in mails if request.spoken_reference in mail.headers["Subject"]]
    assert sorted(told) == [["desk@clinic.example"], ["manager@clinic.example"]]
    for mail in mails:  # the day's digest is among them when its hour has come
        for word in (b"Dana", b"Whitfield", b"555-0142", b"5550142", b"dana@mail.example"):
            assert word not in mail.raw

    the_front_desk_sees_it_wait(browser, live_site, request)


def read_the_cornerstone(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name=CORNERSTONE).first.click()
    expect(page.locator("h1")).to_have_text(CORNERSTONE)
    assert "has not approved ketamine to treat depression" in page.inner_text("article")
    assert page.locator(".refs li").count() > 10


def ask_with_two_slips(page: Page, *, scripts: bool) -> None:
    form = page.locator("main form")
    form.get_by_label("Auburn").check()
    form.get_by_label("Phone number").fill("557-22")
    form.get_by_role("button", name="Send my request").click()
    expect(page).to_have_title(re.compile("^Error: "))
    summary = page.locator(".errors")
    expect(summary).to_be_focused()
    expect(summary.locator("li")).to_have_text(["Enter your name", "Enter a phone number with an area code"])
    expect(page.get_by_label("Phone number")).to_have_value("557-22")
    expect(page.get_by_label("Auburn")).to_be_checked()
    # How long the form was open, for the signs of spam; a browser without scripts says nothing.
    expect(page.locator("[name=took]")).to_have_value(re.compile(r"^\d+$" if scripts else r"^$"))
    summary.get_by_role("link", name="Enter your name").click()
    page.get_by_label("Your name").fill("Dana Whitfield")
    page.get_by_label("Phone number").fill("(205) 555-0142")
    page.get_by_role("button", name="Send my request").click()
    page.wait_for_url(THANKS)


def deliver() -> list:
    with smtp_server() as server, running_worker(smtp_port=server.port):
        wait_until(lambda: not OutboxMessage.objects.exclude(state="sent").exists())
    return server.mails


def the_front_desk_sees_it_wait(browser: Browser, site: str, request: ConsultRequest) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/admin/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", "a-long-password-for-tests")
    page.click("[type=submit]")
    expect(page.locator("main")).to_contain_text(request.spoken_reference)
    page.goto(site + request.get_absolute_url())
    text = page.inner_text("main")
    assert "Dana Whitfield" in text
    assert "Do not say the clinic" in text
    assert page.locator('a[href="tel:+1-205-555-0142"]').count() >= 1
    context.close()
