"""The manager looks at the week, takes a file to the meeting, erases one person, and changes the key."""

import csv
import io
import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic_site.core.models import AuditEntry
from clinic_site.roles import MANAGER
from consults.models import ConsultRequest
from consults.pipeline import note_outcome
from locations.models import Location
from tests.factories.consults import make_request, make_role

from .staff import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def week(live_site) -> list[ConsultRequest]:
    """Six requests of this week for two clinics, of which four were answered."""
    now = timezone.now()
    clinics = [Location.objects.get(slug=slug) for slug in ("birmingham", "auburn")]
    requests = [
        make_request(name=f"Person {number}", location=clinics[number % 2], now=now - timedelta(hours=number + 2))
        for number in range(6)
    ]
    for request, kind in zip(requests, ("booked", "reached", "left_message", "not_a_fit"), strict=False):
        note_outcome(request=request, kind=kind, actor=None, now=now - timedelta(hours=1))
    make_role(MANAGER, username="max", first_name="Max")
    return requests


def test_a_managers_week(live_site, browser: Browser, week, settings):
    context, page = sign_in(browser, live_site, "max", accept_downloads=True)
    looks_at_the_report(page, live_site)
    exports_without_names(page, live_site, week)
    erases_one_person(page, live_site, week[0])
    changes_the_key(page, live_site, week[1], settings)
    context.close()


def looks_at_the_report(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Reports").click()
    figures = page.locator(".key-figures")
    expect(figures).to_contain_text("6")
    assert page.locator("svg[role=img]").count() >= 5
    assert page.locator(".reports table").count() >= 6
    with page.expect_download() as started:
        page.locator("a[href*='csv=weeks'], a[href*='csv=']").first.click()
    rows = list(csv.reader(io.StringIO(read(started.value).decode("utf-8-sig"))))
    assert len(rows) >= 2
    assert "Person" not in str(rows)


def exports_without_names(page: Page, site: str, week) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Export requests").click()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("Select why they are exported")).to_be_visible()
    page.locator("input[name=reason]").first.check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export").click()
    rows = list(csv.DictReader(io.StringIO(read(started.value).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert "Person" not in str(rows)
    entry = AuditEntry.objects.filter(action="requests-exported").get()
    assert (entry.actor_name, entry.detail["count"]) == ("max", 6)
    assert str(entry.from_address) == "127.0.0.1"


def erases_one_person(page: Page, site: str, request: ConsultRequest) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Find or erase what is kept of a person").click()
    page.get_by_label("Phone number or e-mail address").fill(request.phone_as_typed)
    page.get_by_role("button", name="Find").click()
    assert request.phone_as_typed not in page.url
    with page.expect_download() as started:
        page.get_by_role("button", name="Download everything").click()
    assert "Person 0" in json.dumps(json.loads(read(started.value)))
    page.locator("input[name=count]").fill("1")
    page.locator("[name=reason]").first.check()
    page.get_by_role("button", name="Erase 1 request").click()
    expect(page.get_by_text("1 request was erased")).to_be_visible()
    assert not ConsultRequest.objects.filter(pk=request.pk).exists()
    assert AuditEntry.objects.filter(action="request-erased", subject=request.subject, actor_name="max").exists()
    assert page.goto(site + request.get_absolute_url()).status == 404


def changes_the_key(page: Page, site: str, request: ConsultRequest, settings) -> None:
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_keys", verbosity=0)
    call_command("rotate_keys", check=True, verbosity=0)
    settings.FIELD_KEYS = [new]
    page.goto(site + request.get_absolute_url())
    expect(page.locator("#reach-heading")).to_have_text("Person 1")


def read(download) -> bytes:
    with open(download.path(), "rb") as file:
        return file.read()
