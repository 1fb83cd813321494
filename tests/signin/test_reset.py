"""A new password by mail: to the account’s own address, with our own in the link, and telling nobody anything."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic_site.core.delivery import deliver_next
from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.roles import EDITOR
from clinic_site.signin.mails import forget_links
from tests.admin.page import text_of
from tests.factories.consults import PASSWORD, make_role

from .people import CODE, LOGIN, NEW_PASSWORD, actions, add_app, enter, sign_in

pytestmark = pytest.mark.django_db
RESET = "/admin/account/password/reset/"
ADDRESS = "editor1@clinic.example"


@pytest.fixture
def editor() -> User:
    return add_app(make_role(EDITOR, username="editor1", email=ADDRESS))


def ask(email: str = ADDRESS, **more):
    return Client().post(RESET, {"email": email}, **more)


def link_in(mail: OutboxMessage) -> str:
    return re.search(r"http://clinic\.example(/\S+)", mail.body)[1]


FORGED = [
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_X_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_X_FORWARDED_SERVER": "evil.example", "HTTP_X_ORIGINAL_HOST": "evil.example"},
    {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_PORT": "99"},
    {"HTTP_HOST": "localhost"},  # asked for by another of the site's own names
]


@pytest.mark.parametrize("forged", FORGED)
def test_a38_a_forged_host_never_comes_into_the_link(editor, forged):
    assert ask(**forged).status_code == 302
    mail = OutboxMessage.objects.get()
    assert (mail.kind, mail.to_address) == ("sign-in", ADDRESS)
    assert re.findall(r"https?://[^/\s]+", mail.body) == ["http://clinic.example"]
    assert "evil" not in mail.body + mail.subject


@pytest.mark.parametrize(
    "host",
    ["evil.example", "clinic.example:1@evil.example", "clinic.example,evil.example", "clinic.example.evil.example"],
)
def test_a38_a_bad_host_is_refused_and_mails_nobody(editor, host, mailoutbox):
    client = Client(raise_request_exception=False)
    for response in (
        client.post(RESET, {"email": ADDRESS}, headers={"host": host}),
        client.get("/not/there/", headers={"host": host}),
    ):
        assert response.status_code == 400
        assert "evil" not in response.content.decode()
    assert not OutboxMessage.objects.exists()
    assert mailoutbox == []  # nor the administrators


@pytest.mark.parametrize("forged", FORGED)
def test_a38_a_page_that_is_not_there_names_no_forged_host(forged):
    response = Client().get("/not/there/", **forged)
    assert response.status_code == 404
    assert "evil" not in response.content.decode() + str(response.headers)


def test_a38_no_host_is_a_wildcard(settings):
    from clinic_site.checks import hosts_are_named

    assert "*" not in settings.ALLOWED_HOSTS
    settings.ALLOWED_HOSTS = ["*"]
    assert [error.id for error in hosts_are_named(None)] == ["clinic.E001"]


# Known and unknown ------------------------------------------------------------------------------


def test_known_and_unknown_addresses_are_answered_alike(editor):
    make_role(EDITOR, username="off", email="off@clinic.example", is_active=False)
    make_role(EDITOR, username="none", email="")
    answers = set()
    for email in (ADDRESS, "nobody@clinic.example", "off@clinic.example", ADDRESS.upper()):
        client = Client()
        response = client.post(RESET, {"email": email})
        page = client.get(response.url)
        body = re.sub(r'value="[^"]{30,}"', "", page.content.decode())
        answers.add((response.status_code, response.url, page.status_code, body))
    assert len(answers) == 1
    assert {mail.about for mail in OutboxMessage.objects.all()} == {f"user:{editor.pk}"}
    assert {mail.to_address for mail in OutboxMessage.objects.all()} == {ADDRESS}


def test_the_work_differs_by_one_row_in_a_transaction_that_is_open_anyway(editor):
    """No mail server is asked while somebody waits: the worker sends."""
    ask("warm@clinic.example")
    counts = {}
    for email in (ADDRESS, "nobody@clinic.example"):
        with CaptureQueriesContext(connection) as queries:
            ask(email)
        counts[email] = len(queries)
    assert counts[ADDRESS] - counts["nobody@clinic.example"] == 1


def test_every_asking_is_noted_and_no_address_is_written_out(editor):
    ask()
    ask("nobody@clinic.example")
    assert [(entry.action, entry.subject) for entry in AuditEntry.objects.order_by("pk")] == [
        ("password-reset-asked", f"user:{editor.pk}"),
        ("password-reset-asked", "user:unknown"),
    ]
    assert "clinic.example" not in str(AuditEntry.objects.values())


def test_nobody_fills_an_inbox_and_one_place_has_its_limit(editor, clock):
    for _ in range(10):
        assert ask().status_code == 302
    assert OutboxMessage.objects.count() == 3
    refused = ask()
    assert refused.status_code == 429
    assert "Wait 15 minutes" in text_of(refused)
    assert ask(REMOTE_ADDR="198.51.100.7").status_code == 302
    assert OutboxMessage.objects.count() == 3


# The link ---------------------------------------------------------------------------------------


def test_the_link_sets_a_password_once_ends_sessions_and_still_asks_for_the_second_step(editor, clock):
    open_session = sign_in(editor)
    ask()
    link = link_in(OutboxMessage.objects.get())
    client = Client()
    response = client.get(link, follow=True)
    form = response.redirect_chain[-1][0]
    assert link not in form
    assert response.headers["Referrer-Policy"] == "same-origin"
    short = client.post(form, {"password1": "short", "password2": "short"})
    assert "at least 12 characters" in text_of(short)
    assert client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}).status_code == 302
    assert open_session.get("/admin/").status_code == 302
    assert "no longer works" in text_of(Client().get(link, follow=True))
    assert enter(Client(), "editor1", NEW_PASSWORD).url == CODE
    assert Client().get("/admin/").status_code == 302
    assert "password-changed" in actions()
    assert OutboxMessage.objects.order_by("pk").last().subject == "How you sign in was changed"


@pytest.mark.parametrize("link", ["1-set-password/", "zz-abc/", "1-abc-def/", "0-x/"])
def test_made_up_links_open_nothing(editor, link):
    response = Client().get(RESET + link)
    assert response.status_code == 200
    assert "no longer works" in text_of(response)


def test_a_link_works_for_an_hour(editor, clock):
    ask()
    link = link_in(OutboxMessage.objects.get())
    clock.shift(timedelta(minutes=61))
    assert "no longer works" in text_of(Client().get(link, follow=True))


def test_the_mail_forgets_its_link_once_it_is_out_and_no_page_shows_it(editor, clock, now, mailoutbox):
    ask()
    mail = OutboxMessage.objects.get()
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    session = admin.session
    session["signin"] = {**session["signin"], "second": True}
    session.save()
    page = admin.get(f"/admin/core/outboxmessage/{mail.pk}/change/")
    assert page.status_code == 200
    assert link_in(mail) not in page.content.decode()
    deliver_next(now=now, clock=lambda: now)
    mail.refresh_from_db()
    assert (mail.state, mail.body) == ("sent", "")
    assert "/admin/account/password/reset/" in mailoutbox[0].body


def test_a_link_that_ran_out_before_it_left_is_taken_back(editor, clock, now):
    ask()
    assert forget_links(now=now + timedelta(minutes=59)) == 0
    assert forget_links(now=now + timedelta(minutes=60)) == 1
    mail = OutboxMessage.objects.get()
    assert (mail.state, mail.body) == ("failed", "")


def test_signing_in_is_one_click_away(editor):
    assert RESET in Client().get(LOGIN).content.decode()
    assert PASSWORD not in Client().get(LOGIN).content.decode()
