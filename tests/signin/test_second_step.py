"""The second step: no page of the admin without it, each code once, and a way back for who lost it."""

import logging
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.roles import CLINICIAN, EDITOR, FRONT_DESK, MANAGER
from clinic_site.signin.models import AccountStanding
from tests.admin.page import messages_of, text_of
from tests.factories.consults import PASSWORD, make_role
from tests.factories.locations import make_location
from tests.site.authorisation import SIGN_IN_ADDRESSES
from tests.site.everything import make_everything, make_staff
from tests.site.test_authorisation import address, named_pages

from .people import (
    AGAIN,
    CODE,
    LOGIN,
    NEW_PASSWORD,
    SECRET,
    SET_UP,
    actions,
    add_app,
    add_codes,
    code_of,
    enter,
    sign_in,
    wrong_code,
)

pytestmark = pytest.mark.django_db
FIRST = "/admin/account/password/first/"


@pytest.fixture
def ed() -> User:
    return add_app(make_role(EDITOR, username="ed"))


@pytest.fixture
def password_only():
    """Somebody who has a second step, in a session that was opened with the password alone."""

    def signed_in(user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return signed_in


# The gate ---------------------------------------------------------------------------------------


@pytest.mark.either
def test_no_address_of_the_admin_opens_with_a_password_alone(password_only, clock, settings):
    """Walked from the resolver, for those who may least and most, whether the account has a second step or not."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("zeal.")]
    auburn = make_location(name="Auburn")
    staff = make_staff(auburn)
    rows = make_everything(auburn, signer=staff[CLINICIAN])
    logging.disable(logging.WARNING)
    wrong, walked = [], 0
    for role, user in {FRONT_DESK: staff[FRONT_DESK], "superuser": User.objects.create_superuser("root")}.items():
        for has_app in (False, True):
            if has_app:
                add_app(user)
            client = password_only(user)
            for name, page in named_pages():
                if name == "logout":
                    continue
                for method in ("get", "post"):
                    if method == "post" and name == "login":
                        continue
                    response = getattr(client, method)(address(name, page, rows), page.data)
                    walked += 1
                    if not leads_to_a_proof(response, has_app=has_app):
                        wrong.append(f"{role} {has_app} {method} {name}: {response.status_code}")
    logging.disable(logging.NOTSET)
    assert walked > 600
    assert wrong == []


def leads_to_a_proof(response, *, has_app: bool) -> bool:
    if response.status_code == 403:  # what was posted comes back as a form, and nothing was done
        return has_app and b"What you typed is still here." in response.content
    wanted = "/admin/account/again/code/" if has_app else SET_UP
    return response.status_code == 302 and response.url.split("?")[0] == wanted


def test_somebody_with_a_password_alone_can_set_up_nothing_when_a_second_step_is_there(ed, password_only, clock):
    """Else a stolen password could give itself a second step."""
    client = password_only(ed)
    opened = {name for _, name in SIGN_IN_ADDRESSES if name.startswith("mfa_") and "reauth" not in name}
    for name in opened - {"mfa_login_webauthn", "mfa_authenticate"}:
        url = reverse(name, args=[1] if name == "mfa_remove_webauthn" else [])
        assert client.get(url).url.startswith("/admin/account/again/code/"), name
    # Nor does the password once more make it enough.
    assert client.get(AGAIN).url.startswith("/admin/account/again/code/")
    assert client.post(AGAIN, {"password": PASSWORD}).url.startswith("/admin/account/again/code/")
    assert client.post("/admin/account/again/code/", {"code": code_of()}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_without_the_setting_it_is_offered_and_nothing_waits_for_it(settings, clock):
    settings.REQUIRE_SECOND_STEP = False
    client, user = Client(), make_role(EDITOR, username="ed")
    assert enter(client, "ed").url == "/admin/"
    assert client.get("/admin/").status_code == 200
    text = text_of(client.get(SET_UP))
    assert "Set up your second step" in text
    assert "Not now" in text
    add_app(user)
    assert enter(Client(), "ed").url == CODE


@pytest.mark.django_db(transaction=True)  # what follows a commit follows it
def test_first_sign_in_goes_from_the_password_that_was_given_to_the_admin(clock):
    user = make_role(EDITOR, username="ed", email="ed@clinic.example")
    AccountStanding.objects.create(user=user, must_change_password=True)
    client = Client()
    assert enter(client, "ed").url == "/admin/"
    assert client.get("/admin/").url == FIRST
    assert client.get(SET_UP).url == FIRST
    same = client.post(FIRST, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert "This is the password you had." in text_of(same)
    client.post(FIRST, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert client.get("/admin/").url == SET_UP
    page = client.get(f"{SET_UP}app/add/")
    secret = page.context["form"].secret
    assert " ".join(secret[i : i + 4] for i in range(0, 32, 4)) in text_of(page)
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    wrong = client.post(f"{SET_UP}app/add/", {"code": wrong_code(secret)})
    assert "not the right code" in text_of(wrong)
    assert client.post(f"{SET_UP}app/add/", {"code": code_of(secret)}).url == f"{SET_UP}codes/"
    codes = client.get(f"{SET_UP}codes/")
    assert len(codes.context["unused_codes"]) == 10
    assert "shown this once" in text_of(codes)
    assert "****" in str(client.get(f"{SET_UP}codes/").context["unused_codes"])
    assert client.get("/admin/").status_code == 200
    assert client.get(FIRST).url == "/admin/password_change/"
    assert actions() == [
        "signed-in",
        "password-changed",
        "second-step-added",
        "second-step-added",
    ]
    kinds = AuditEntry.objects.filter(action="second-step-added").values_list("detail__kind", flat=True)
    assert set(kinds) == {"totp", "recovery_codes"}
    told = list(OutboxMessage.objects.order_by("pk").values_list("kind", "subject"))
    assert told == [("sign-in", "How you sign in was changed")] * 2
    # The code that set the app up opens nothing any more.
    again = Client()
    enter(again, "ed", NEW_PASSWORD)
    assert again.post(CODE, {"code": code_of(secret)}).status_code == 200


# Codes ------------------------------------------------------------------------------------------


def test_a_code_of_the_app_works_once(ed, clock):
    sign_in(ed)
    cache.clear()  # another process knows nothing of this one's memory
    client = Client()
    enter(client, "ed")
    assert "used before" in text_of(client.post(CODE, {"code": code_of()}))
    assert client.get("/admin/").status_code == 302
    clock.shift(30)
    assert client.post(CODE, {"code": f" {code_of()[:3]} {code_of()[3:]} "}).status_code == 302


@pytest.mark.parametrize(("later", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phones_clock_may_be_half_a_minute_off(ed, clock, later, works):
    client = Client()
    enter(client, "ed")
    assert (client.post(CODE, {"code": code_of(later=later)}).status_code == 302) is works


def test_a_recovery_code_works_once_and_says_how_many_are_left(ed, clock):
    codes = add_codes(ed)
    client = Client()
    enter(client, "ed")
    assert client.post(CODE, {"code": f"{codes[0][:4]} {codes[0][4:]}"}).status_code == 302
    assert "9 are left" in text_of(client.get("/admin/"))
    again = Client()
    enter(again, "ed")
    assert again.post(CODE, {"code": codes[0]}).status_code == 200
    assert actions() == ["signed-in", "second-step-refused"]


def test_five_wrong_codes_lock_the_second_step_wherever_they_come_from(ed, clock):
    for number in range(5):
        client = Client()
        enter(client, "ed", address=f"198.51.100.{number}")
        client.post(CODE, {"code": wrong_code()}, REMOTE_ADDR=f"198.51.100.{number}")
    client = Client()
    enter(client, "ed")
    assert "Too many wrong tries." in text_of(client.post(CODE, {"code": code_of()}))
    assert actions() == ["second-step-refused"] * 5 + ["second-step-locked"]


def test_but_not_for_the_owner_on_a_device_of_their_own(ed, clock):
    own = sign_in(ed)
    own.post("/admin/logout/")
    clock.shift(60)
    for _ in range(6):
        client = Client()
        enter(client, "ed", address="198.51.100.1")
        client.post(CODE, {"code": wrong_code()})
    sign_in(ed, client=own)


@pytest.mark.parametrize("code", ["", "a\0", "x" * 5000, "‮123456", "-1", "١٢٣٤٥٦"])
def test_odd_codes_are_refused_in_words(ed, clock, code):
    client = Client()
    enter(client, "ed")
    assert client.post(CODE, {"code": code}).status_code == 200


@pytest.mark.parametrize("credential", ["", "x", "{}", '{"id": 1}', "[]", "null", '{"response": {"userHandle": 1}}'])
def test_odd_passkeys_are_refused_in_words_and_noted(ed, clock, credential):
    response = Client().post("/admin/account/login/passkey/", {"credential": credential})
    assert (response.status_code, response.url) == (302, LOGIN)
    assert actions() == ["sign-in-refused"]
    client = sign_in(ed)
    for path in (f"{SET_UP}passkeys/add/",):
        assert client.post(path, {"credential": credential, "name": "Mine"}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


# At rest ----------------------------------------------------------------------------------------


def test_secrets_lie_encrypted_and_move_to_a_new_key(ed, settings, clock):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    codes = add_codes(ed)
    assert SECRET not in str(list(Authenticator.objects.values()))
    settings.FIELD_KEYS = [new, old]
    with pytest.raises(CommandError, match="need an older key"):
        call_command("rotate_keys", "--check")
    call_command("rotate_keys")
    settings.FIELD_KEYS = [new]
    call_command("rotate_keys", "--check")
    sign_in(ed)
    assert Authenticator.objects.get(type="recovery_codes").wrap().generate_codes() == codes


# Changing and losing it -------------------------------------------------------------------------


def test_removing_the_only_second_step_leads_to_setting_up_another(ed, clock):
    client = sign_in(ed)
    add_codes(ed)
    client.post(f"{SET_UP}app/remove/")
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").url == SET_UP
    assert "second-step-removed" in actions()


def test_changing_it_asks_for_a_proof_of_the_last_quarter_of_an_hour(ed, clock):
    client = sign_in(ed)
    assert client.get(f"{SET_UP}app/remove/").status_code == 200
    clock.shift(timedelta(minutes=16))
    for path in ("app/remove/", "passkeys/add/", "codes/new/"):
        assert (
            client.get(f"{SET_UP}{path}").url
            == f"{AGAIN}?next=%2Fadmin%2Faccount%2Fsign-in%2F{path.replace('/', '%2F')}"
        )
    response = client.post(f"{AGAIN}?next={SET_UP}app/remove/", {"password": PASSWORD})
    assert response.url == f"{SET_UP}app/remove/"
    assert client.get(f"{SET_UP}app/remove/").status_code == 200
    assert actions()[-1] == "identity-proved"


def test_a_manager_takes_it_away_for_who_lost_their_phone(ed, clock):
    mona, theirs = sign_in(add_app(make_role(MANAGER, username="mona"))), sign_in(ed)
    User.objects.filter(pk=ed.pk).update(email="ed@clinic.example")
    url = reverse("admin:auth_user_second_step", args=[ed.pk])
    assert "Take it away" in text_of(mona.get(reverse("admin:auth_user_change", args=[ed.pk])))
    assert "How" not in messages_of(mona.get(url))
    assert mona.post(url).status_code == 302
    entry = AuditEntry.objects.get(action="second-step-taken")
    assert (entry.subject, entry.actor_name) == (f"user:{ed.pk}", "mona")
    assert OutboxMessage.objects.get().to_address == "ed@clinic.example"
    assert theirs.get("/admin/").url.startswith(LOGIN)
    client = Client()
    enter(client, "ed")
    assert client.get("/admin/").url == SET_UP
    own = reverse("admin:auth_user_second_step", args=[User.objects.get(username="mona").pk])
    assert mona.post(own).status_code == 404


def test_the_command_gives_the_emergency_account_back(clock):
    call_command("make_manager")
    manager = add_app(User.objects.get())
    client = Client()
    client.force_login(manager)
    call_command("make_manager")
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").status_code == 302
