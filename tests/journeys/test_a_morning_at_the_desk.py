"""Twelve requests came in overnight. Sam of the Birmingham desk opens the screen and leaves nobody waiting."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic_site.core.models import OutboxMessage
from consults.models import Activity, ConsultRequest
from locations.models import Location
from tests.factories.consults import make_front_desk, make_quarantined_request, make_recipient, make_request
from tests.faults.worker import running_worker, wait_until
from tests.smtp import smtp_server

from .staff import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey]

PHONE = {"width": 390, "height": 844}
DESK = "desk@clinic.example"


@pytest.fixture
def requests(live_site) -> dict[str, ConsultRequest]:
    """Three of the other clinic, one of a real person set aside, one sent twice, one whose mail was refused."""
    birmingham, auburn = Location.objects.get(slug="birmingham"), Location.objects.get(slug="auburn")
    make_recipient(DESK, location=birmingham)
    make_recipient("auburn@clinic.example", location=auburn)
    now = timezone.now()
    made = {}
    for number, name in enumerate(["Alma", "Beau", "Cleo", "Dale", "Esme", "Finn"]):
        made[name] = make_request(name=name, location=birmingham, now=now - timedelta(hours=20 - number))
    twice = made["Alma"]
    made["Alma again"] = make_request(
        name="Alma B.", location=birmingham, now=now - timedelta(hours=3), phone=twice.phone, phone_as_typed="205"
    )
    made["Gray"] = make_request(name="Gray", location=None, now=now - timedelta(hours=2))
    made["Hope"] = make_quarantined_request(name="Hope", location=birmingham, now=now - timedelta(hours=1))
    for name in ("Iris", "Jack", "Kaia"):
        made[name] = make_request(name=name, location=auburn, now=now - timedelta(hours=1))
    make_front_desk(birmingham, username="sam", first_name="Sam")
    make_front_desk(birmingham, username="lee", first_name="Lee")
    return made


def test_a_morning_at_the_desk(live_site, browser: Browser, requests):
    assert len(requests) == 12
    refusal = {DESK: f"550 5.1.1 <{DESK}>: mailbox is full"}
    with smtp_server(refuse=refusal) as server, running_worker(smtp_port=server.port):
        wait_until(lambda: OutboxMessage.objects.filter(last_error__contains="mailbox is full").exists())
    refused = ConsultRequest.objects.get(pk=requests["Alma"].pk)

    context, page = sign_in(browser, live_site, "sam", viewport=PHONE)
    sees_only_her_own(page, live_site, requests)
    reaches_people(page, live_site, requests)
    lets_a_real_person_out_of_quarantine(page, live_site, requests["Hope"])
    is_told_that_somebody_else_is_there(browser, page, live_site, requests["Finn"])
    the_refused_mail_leaves_at_last(page, live_site, refused)
    nobody_waits(page, live_site)
    context.close()


def sees_only_her_own(page: Page, site: str, requests) -> None:
    expect(page.get_by_role("heading", name="8 people wait for an answer")).to_be_visible()
    assert page.locator("#waiting-heading ~ .group .person bdi").first.inner_text() == "Alma"  # waits longest
    expect(page.get_by_role("link", name="1 set aside as possible spam")).to_be_visible()
    for name in ("Iris", "Jack", "Kaia"):
        assert requests[name].spoken_reference not in page.inner_text("body")
        assert page.goto(site + requests[name].get_absolute_url()).status == 404


def reaches_people(page: Page, site: str, requests) -> None:
    # One who answers, one who has asked twice, and one whose number had a slip in it.
    open_request(page, site, requests["Alma"])
    call = page.locator(".ways a").first
    assert call.get_attribute("href") == requests["Alma"].phone
    expect(page.get_by_text("Do not say the clinic’s name")).to_be_visible()
    page.fill("#id_note", "Wants to come on a Tuesday.")
    press(page, "Booked")
    expect(page.locator(".activities")).to_contain_text("Wants to come on a Tuesday.")

    open_request(page, site, requests["Alma again"])
    page.get_by_role("link", name=requests["Alma"].spoken_reference).click()
    expect(page.get_by_role("heading", name=f"Request {requests['Alma'].spoken_reference}")).to_be_visible()
    open_request(page, site, requests["Alma again"])
    press(page, "Duplicate")

    open_request(page, site, requests["Beau"])
    page.get_by_text("Correct the phone number").click()
    page.fill("#id_phone", "(205) 555-0177")
    page.get_by_role("button", name="Correct it").click()
    expect(page.locator(".ways a").first).to_have_attribute("href", "tel:+1-205-555-0177")
    expect(page.locator("main")).to_contain_text(requests["Beau"].phone_as_typed)
    press(page, "Reached")

    rest = {"Cleo": "Left a message", "Dale": "No answer", "Esme": "Wrong number", "Gray": "Not a fit"}
    for name, button in rest.items():
        open_request(page, site, requests[name])
        press(page, button)


def lets_a_real_person_out_of_quarantine(page: Page, site: str, hope: ConsultRequest) -> None:
    assert not OutboxMessage.objects.filter(about=hope.subject).exists()
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="1 set aside as possible spam").click()
    page.get_by_role("link", name=hope.spoken_reference).click()
    expect(page.get_by_text("A field that people cannot see was filled in")).to_be_visible()
    page.get_by_role("button", name="Release: a real person").click()
    page.wait_for_load_state()
    assert OutboxMessage.objects.filter(about=hope.subject, kind="staff").count() == 1
    press(page, "Reached")


def is_told_that_somebody_else_is_there(browser: Browser, page: Page, site: str, finn: ConsultRequest) -> None:
    context, other = sign_in(browser, site, "lee")
    open_request(other, site, finn)
    open_request(page, site, finn)
    expect(page.get_by_text("has had this request open since")).to_contain_text("Lee")
    press(other, "Reached")
    page.fill("#id_note", "Nobody picked up.")
    page.get_by_role("button", name="No answer").click()
    expect(page.get_by_role("alert")).to_contain_text("somebody else was here")
    expect(page.locator("#id_note")).to_have_value("Nobody picked up.")
    context.close()


def the_refused_mail_leaves_at_last(page: Page, site: str, refused: ConsultRequest) -> None:
    open_request(page, site, refused)
    mails = page.locator("section", has=page.get_by_role("heading", name="Mails about this request"))
    expect(mails).to_contain_text("550")
    expect(mails).to_contain_text("mailbox is full")
    mails.get_by_role("button", name="Send again").click()
    with smtp_server() as server, running_worker(smtp_port=server.port):
        wait_until(lambda: not OutboxMessage.objects.filter(about=refused.subject).exclude(state="sent").exists())
    told = [mail for mail in server.mails if refused.spoken_reference in mail.headers["Subject"]]
    assert [mail.recipients for mail in told] == [[DESK]]
    assert b"Alma" not in told[0].raw
    page.reload()
    expect(mails).to_contain_text("Sent")


def nobody_waits(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/")
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
    expect(page.get_by_role("link", name="2 come back on later days")).to_be_visible()
    by_sam = Activity.objects.filter(actor_name="sam").exclude(kind__in=["released", "phone_corrected"])
    assert by_sam.count() == 8
    stages = dict(ConsultRequest.objects.filter(location__slug="auburn").values_list("name", "stage"))
    assert set(stages.values()) == {"waiting"}  # the other clinic's are as they were


def open_request(page: Page, site: str, request: ConsultRequest) -> None:
    page.goto(site + request.get_absolute_url())


def press(page: Page, outcome: str) -> None:
    page.get_by_role("button", name=outcome, exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Noted")
