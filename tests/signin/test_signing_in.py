"""Username and password: who comes in, who is refused, and who is locked out by whom."""

import re
import threading
from unittest.mock import patch

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.urls import reverse

from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.roles import EDITOR, FRONT_DESK
from clinic_site.signin import tries
from clinic_site.signin.models import Tries
from clinic_site.staff import keep_account
from tests.admin.page import text_of
from tests.factories.consults import PASSWORD, make_recipient, make_role
from tests.factories.posts import NOW

from .people import CODE, LOGIN, SET_UP, actions, add_app, code_of, enter, sign_in

pytestmark = pytest.mark.django_db
WRONG = "That username and password do not belong together. Capital letters count."
LOCKED = "Too many wrong tries."


@pytest.fixture
def ed() -> User:
    return add_app(make_role(EDITOR, username="ed"))


def test_the_whole_way_in_is_noted_with_the_address_and_nothing_that_was_typed(ed, clock):
    client = sign_in(ed)
    assert client.get("/admin/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.actor_name) == ("signed-in", f"user:{ed.pk}", "ed")
    assert (entry.detail, entry.from_address) == ({"second_step": True}, "127.0.0.1")


def test_the_session_has_another_key_after_each_step(ed, clock):
    client = Client()
    client.get(LOGIN)
    enter(client, "ed")
    before = client.session.session_key
    client.post(CODE, {"code": code_of()})
    assert client.session.session_key != before


def test_a_way_in_leads_on_to_the_page_that_was_asked_for_and_to_no_other_site(ed, clock):
    wanted = "/admin/articles/article/"
    client = Client()
    first = client.get(wanted, follow=True)
    assert first.redirect_chain[-1][0] == f"{LOGIN}?next=/admin/articles/article/".replace(
        "/admin/art", "%2Fadmin%2Fart"
    ).replace("article/", "article%2F").replace("articles/", "articles%2F")
    enter(client, "ed", next=wanted)
    assert client.post(CODE, {"code": code_of()}).url == wanted
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        other = add_app(make_role(EDITOR))
        client = Client()
        enter(client, other.username, next=foreign)
        assert client.post(CODE, {"code": code_of()}).url == "/admin/"


@pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_admins_own_sign_in_goes_round_nothing(ed, foreign):
    for method in ("get", "post"):
        data = {"username": "ed", "password": PASSWORD, "next": foreign}
        response = getattr(Client(), method)("/admin/login/", data)
        assert (response.status_code, response.url) == (302, f"{LOGIN}?next=%2Fadmin%2F")
    assert actions() == []


@pytest.mark.parametrize(
    ("name", "password"), [("nobody", PASSWORD), ("ed", "wrong"), ("off", PASSWORD), ("not-staff", PASSWORD)]
)
def test_every_refusal_reads_alike_and_is_noted_without_the_name(ed, name, password):
    make_role(EDITOR, username="off", is_active=False)
    User.objects.create_user("not-staff", password=PASSWORD)
    response = enter(Client(), name, password)
    assert response.status_code == 200
    assert WRONG in text_of(response)
    entry = AuditEntry.objects.get()
    known = User.objects.filter(username=name).first()
    assert (entry.action, entry.subject) == ("sign-in-refused", f"user:{known.pk}" if known else "user:unknown")
    assert (entry.actor, entry.actor_name, entry.from_address, set(entry.detail)) == (None, "", None, {"place"})
    assert "nobody" not in str(AuditEntry.objects.values())
    assert "203.0.113" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("name", "password"), [("nobody", "wrong"), ("ed", "wrong"), ("off", "wrong"), ("off", PASSWORD)]
)
def test_an_unknown_name_costs_as_much_work_as_a_known_one(ed, settings, name, password, django_assert_num_queries):
    """Counted, not timed: how often the password is hashed, and how often the database is asked."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    ed.set_password(PASSWORD)
    ed.save()
    off = make_role(EDITOR, username="off", is_active=False)
    off.set_password(PASSWORD)
    off.save()
    hashed, real = [], hashers.Argon2PasswordHasher.encode
    checked, verify = [], hashers.Argon2PasswordHasher.verify
    client = Client()
    client.get(LOGIN)

    def encode(self, *args):
        hashed.append(1)
        return real(self, *args)

    def check(self, *args):
        checked.append(1)
        return verify(self, *args)

    with (
        patch.object(hashers.Argon2PasswordHasher, "encode", encode),
        patch.object(hashers.Argon2PasswordHasher, "verify", check),
        django_assert_num_queries(queries_of_a_refusal()),
    ):
        enter(client, name, password)
    assert len(hashed) + len(checked) == 1


def queries_of_a_refusal() -> int:
    """The account, the tries (made, begun anew, taken), the account again, the audit entry."""
    return 6


# Tries ------------------------------------------------------------------------------------------


def test_the_sixth_try_from_one_place_is_refused_and_the_right_password_too(ed, clock):
    for _ in range(5):
        assert WRONG in text_of(enter(Client(), "ed", "wrong"))
    for password in ("wrong", PASSWORD, PASSWORD):
        assert LOCKED in text_of(enter(Client(), "ed", password))
    assert actions() == ["sign-in-refused"] * 5 + ["sign-in-locked"]
    clock.shift(15 * 60 + 1)
    assert enter(Client(), "ed").url == CODE


def test_a_name_that_nobody_has_is_locked_just_the_same(clock):
    for _ in range(5):
        assert WRONG in text_of(enter(Client(), "nobody", "wrong"))
    assert LOCKED in text_of(enter(Client(), "nobody", "wrong"))


def test_whoever_hammers_an_account_from_elsewhere_does_not_lock_its_owner_out(ed, clock):
    for number in range(40):
        enter(Client(), "ed", "wrong", address=f"198.51.100.{number % 4}")
    assert LOCKED in text_of(enter(Client(), "ed", "wrong", address="198.51.100.1"))
    assert enter(Client(), "ed").url == CODE


def test_nor_does_somebody_behind_the_same_address_on_a_device_that_the_owner_knows(ed, clock):
    own = sign_in(ed)
    own.post("/admin/logout/")
    for _ in range(8):
        enter(Client(), "ed", "wrong")
    assert LOCKED in text_of(enter(Client(), "ed"))
    assert enter(own, "ed").url == CODE


def test_a_forged_device_is_nobodys(ed, clock):
    client = Client()
    for value in ("x", "", "['a', [1]]", "a:b:c"):
        client.cookies["device"] = value
        enter(client, "ed", "wrong")
    enter(client, "ed", "wrong")
    assert LOCKED in text_of(enter(Client(), "ed"))


def test_a_device_of_one_account_gives_no_tries_at_another(ed, clock):
    own = sign_in(ed)
    own.post("/admin/logout/")
    make_role(FRONT_DESK, username="frances")
    for _ in range(5):
        enter(own, "frances", "wrong")
    assert LOCKED in text_of(enter(Client(), "frances", "wrong"))


def test_one_customers_many_addresses_are_one_place(ed, clock):
    for number in range(5):
        enter(Client(), "ed", "wrong", address=f"2001:db8:1:2::{number:x}")
    assert LOCKED in text_of(enter(Client(), "ed", address="2001:db8:1:2:ffff::1"))
    assert enter(Client(), "ed", address="2001:db8:1:3::1").url == CODE


def test_the_right_password_gives_the_tries_back(ed, clock):
    for _ in range(3):
        for _ in range(4):
            enter(Client(), "ed", "wrong")
        assert enter(Client(), "ed").url == CODE


@pytest.mark.django_db(transaction=True)
def test_tries_are_counted_right_when_many_come_at_once():
    start, got = threading.Barrier(8), []

    def hammer() -> None:
        start.wait()
        try:
            got.extend(tries.take("a" * 64, now=NOW) for _ in range(3))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (len(got), sum(got)) == (24, 5)


def test_old_tries_are_forgotten(now):
    tries.take("a" * 64, now=now)
    tries.forget_old_tries(now=now)
    assert Tries.objects.count() == 1
    tries.forget_old_tries(now=now + tries.PAUSE)
    assert Tries.objects.count() == 0


# Leaving ----------------------------------------------------------------------------------------


def test_leaving_is_noted_and_nothing_opens_afterwards(ed, clock):
    client = sign_in(ed)
    assert client.post("/admin/logout/").url == LOGIN
    assert actions() == ["signed-in", "signed-out"]
    assert client.get("/admin/").status_code == 302
    assert "You have signed out." in text_of(client.get(LOGIN))


# The emergency account --------------------------------------------------------------------------


def test_leaving_clears_what_the_browser_kept(ed, clock):
    client = sign_in(ed)
    before = client.cookies["session"].value
    response = client.post("/admin/logout/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert response.cookies["session"].value != before
    assert "messages" not in response.cookies


def test_signing_out_is_on_every_page_of_staff(ed, clock):
    client = sign_in(ed)
    for path in ("/admin/", "/admin/articles/topic/", "/admin/password_change/", SET_UP, "/admin/guide/"):
        assert '<form id="logout-form" method="post" action="/admin/logout/">' in client.get(path).text, path


def test_passwords_are_masked_and_may_be_pasted_or_filled_in(ed, clock):
    pages = {LOGIN: (Client(), {"current-password"})}
    pages["/admin/password_change/"] = (sign_in(ed), {"current-password", "new-password"})
    for path, (client, kinds) in pages.items():
        html = client.get(path).text
        fields = re.findall(r"<input [^>]*name=\"[^\"]*password[^>]*>", html)
        assert fields
        assert all('type="password"' in field for field in fields)
        assert set(re.findall(r'autocomplete="([a-z-]*password)"', html)) == kinds
        assert "onpaste" not in html


def test_a_password_is_taken_letter_by_letter(clock):
    odd = "  Ünïcödé wörds \t are FINE  "
    user = make_role(EDITOR, username="odd")
    user.set_password(odd)
    user.save()
    for wrong in (odd.strip(), odd.lower(), odd[:-1]):
        assert enter(Client(), "odd", wrong).status_code == 200
    assert enter(Client(), "odd", odd).status_code == 302


def test_the_emergency_account_raises_an_alarm(clock):
    make_recipient("boss@clinic.example", gets_alarms=True)
    sign_in(add_app(User.objects.create_superuser("manager", password=PASSWORD)))
    assert actions() == ["signed-in", "break-glass"]
    mail = OutboxMessage.objects.get()
    assert (mail.kind, mail.subject) == ("alarm", "The emergency account was used to sign in")
    assert "manager" not in mail.body


def test_somebody_else_raises_none(ed, clock):
    make_recipient("boss@clinic.example", gets_alarms=True)
    sign_in(ed)
    assert not OutboxMessage.objects.exists()


# What is not there ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "login/code/confirm/", "social/", "password/change/", "inactive/"]
)
def test_nobody_signs_up_or_changes_their_address(ed, path, clock):
    assert Client().get(f"/admin/account/{path}").status_code == 302  # the admin's own: sign in first
    assert sign_in(ed).get(f"/admin/account/{path}").status_code == 404


def test_pages_of_signing_in_are_kept_by_nobody_and_found_by_no_search(ed, clock):
    client = sign_in(ed)
    for path in (LOGIN, SET_UP, reverse("account_reset_password"), reverse("mfa_reauthenticate")):
        for response in (client.get(path), Client().get(path)):
            assert "no-store" in response.headers["Cache-Control"], path
            assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
            policy = {rule.strip() for rule in response.headers["Content-Security-Policy"].split(";")}
            assert "default-src 'none'" in policy
            assert response.status_code == 302 or "script-src 'self'" in policy
            assert "unsafe" not in " ".join(policy)
            assert not {"style=", "<style", "onclick"} & set(response.content.decode().split())


def test_a_new_role_ends_the_sessions_that_are_open(ed, clock):
    client, boss = sign_in(ed), User.objects.create_superuser("root")
    assert client.get("/admin/").status_code == 200
    keep_account(account=ed, changed=[], roles=[FRONT_DESK], by=boss, now=NOW)
    assert client.get("/admin/").url == f"{LOGIN}?next=/admin/"


def test_an_account_switched_off_and_on_again_has_no_open_session(ed, clock):
    client, boss = sign_in(ed), User.objects.create_superuser("root")
    for is_active in (False, True):
        ed.is_active = is_active
        keep_account(account=ed, changed=["is_active"], by=boss, now=NOW)
        assert client.get("/admin/").status_code == 302
