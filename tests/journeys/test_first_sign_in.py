"""A new colleague signs in for the first time; then, on a device of their own, with a passkey."""

import re

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic_site.core.models import AuditEntry
from clinic_site.roles import FRONT_DESK
from clinic_site.staff import record_password
from tests.axe import faults_in_both_schemes
from tests.factories.consults import PASSWORD, make_role
from tests.signin.people import NEW_PASSWORD, code_of

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def frances(live_site, settings) -> User:
    """An account that a manager has just made, where a second step is required."""
    settings.REQUIRE_SECOND_STEP = True
    user = make_role(FRONT_DESK, username="frances")
    record_password(account=user, by=User.objects.create_superuser("boss"), now=timezone.now())
    return user


@pytest.fixture
def page(browser: Browser, live_site):
    """A browser at the one name of this machine at which passkeys work, that complains of nothing."""
    context = browser.new_context(
        base_url=live_site.replace("127.0.0.1", "localhost"), viewport={"width": 390, "height": 844}
    )
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert said == []


def test_a_first_sign_in(page: Page, frances):
    page.goto("/admin/")
    fills_in_the_password(page, PASSWORD)
    expect(page.locator("h1")).to_have_text("Choose your own password")
    page.goto("/admin/")  # no way round
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("The same once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Use this password").click()
    expect(page.locator("h1")).to_have_text("Set up your second step")
    secret = sets_up_an_app(page)
    keeps_the_codes(page)
    expect(page.locator("h1")).to_have_text("Today")
    signs_in_with_a_passkey(page, secret)
    done = AuditEntry.objects.filter(subject=f"user:{frances.pk}").order_by("pk").values_list("action", flat=True)
    assert list(done)[1:] == [
        "signed-in",
        "password-changed",
        "second-step-added",
        "second-step-added",
        "second-step-added",
        "signed-out",
        "signed-in",
    ]


def is_open_to_everybody(page: Page) -> None:
    """axe finds nothing and nothing sticks out, in both schemes."""
    assert faults_in_both_schemes(page, width=page.viewport_size["width"]) == [], page.url


def fills_in_the_password(page: Page, password: str) -> None:
    page.get_by_label("Username").fill("frances")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sets_up_an_app(page: Page) -> str:
    page.get_by_role("link", name="Set up an app").click()
    picture = page.get_by_role("img", name=re.compile("QR code"))
    picture.wait_for()
    page.wait_for_load_state()
    assert picture.evaluate("picture => picture.naturalWidth") > 100
    page.get_by_text("It cannot be scanned").click()
    shown = page.locator(".secret").inner_text()
    assert re.fullmatch(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", " ".join(shown.split()))
    page.get_by_label("Code").fill(code_of("".join(shown.split())))
    page.get_by_role("button", name="Finish").click()
    return "".join(shown.split())


def keeps_the_codes(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Recovery codes")
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="I have kept them").click()


def signs_in_with_a_passkey(page: Page, secret: str) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    page.goto("/admin/account/sign-in/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("What you call it").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".keys")).to_contain_text("My phone")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.goto("/admin/consults/consultrequest/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/admin/consults/consultrequest/")


def test_the_pages_of_signing_in_are_open_to_everybody(browser: Browser, live_site, frances):
    context = browser.new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.goto(f"{live_site}/admin/account/login/")
    fills_in_the_password(page, "wrong")
    is_open_to_everybody(page)
    fills_in_the_password(page, PASSWORD)
    is_open_to_everybody(page)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("The same once more").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Use this password").click()
    is_open_to_everybody(page)
    sets_up_an_app(page)
    is_open_to_everybody(page)
    page.goto(f"{live_site}/admin/account/again/")
    is_open_to_everybody(page)
    context.close()


def test_where_passkeys_cannot_work_the_page_says_so(browser: Browser, live_site, frances):
    page = browser.new_page()
    page.goto(f"{live_site}/admin/")
    expect(page.get_by_text("Passkeys do not work at this address")).to_be_visible()
    assert page.locator("form[data-passkey]").count() == 0
    page.close()
