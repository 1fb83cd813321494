"""How long a session lasts, and that nobody loses what they typed when it is locked."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from articles.models import Topic
from clinic_site.roles import EDITOR, MANAGER
from clinic_site.signin.standing import forget_sessions
from tests.factories.articles import make_topic
from tests.factories.consults import PASSWORD, make_role

from .people import AGAIN, LOGIN, add_app, add_codes, code_of, sign_in

pytestmark = pytest.mark.django_db
CODE_AGAIN = "/admin/account/again/code/"


@pytest.fixture
def ed() -> User:
    return add_app(make_role(EDITOR, username="ed"))


def kept(response) -> dict:
    """The form of a page that gives back what was posted."""
    html = response.content.decode()
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', html, re.DOTALL)
    }


def test_an_hour_without_a_click_locks_the_session_and_the_password_opens_it(ed, clock):
    client = sign_in(ed)
    for _ in range(3):
        clock.shift(timedelta(minutes=59))
        assert client.get("/admin/").status_code == 200
    clock.shift(timedelta(minutes=60))
    assert client.get("/admin/articles/topic/").url == f"{AGAIN}?next=%2Fadmin%2Farticles%2Ftopic%2F"
    before = client.session.session_key
    response = client.post(f"{AGAIN}?next=/admin/articles/topic/", {"password": PASSWORD})
    assert response.url == "/admin/articles/topic/"
    assert client.session.session_key != before
    assert client.get("/admin/").status_code == 200


def test_twelve_hours_lock_it_however_busy_and_ask_for_the_second_step(ed, clock):
    client = sign_in(ed)
    for _ in range(12):
        assert client.get("/admin/").status_code == 200
        clock.shift(timedelta(minutes=59))
    clock.shift(timedelta(minutes=12))
    assert client.get("/admin/").url.startswith(CODE_AGAIN)
    assert client.post(AGAIN, {"password": PASSWORD}).url.startswith(CODE_AGAIN)
    assert client.post(CODE_AGAIN, {"code": code_of()}).status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("pause", [timedelta(minutes=61), timedelta(hours=63)])
def test_what_was_typed_comes_back_and_is_saved_after_the_proof(ed, clock, pause):
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)

    def post(path: str, **data):
        return client.post(path, {**data, "csrfmiddlewaretoken": client.cookies["csrf"].value})

    post(LOGIN, login="ed", password=PASSWORD)
    post("/admin/account/login/code/", code=code_of())
    topic = make_topic()
    url = f"/admin/articles/topic/{topic.pk}/change/"
    typed = {**client.get(url).context["adminform"].form.initial, "name": 'New & "long" <words>\n\nin lines'}
    typed = {name: value for name, value in typed.items() if value is not None}
    clock.shift(pause)
    response = post(url, **typed)
    assert response.status_code == 403
    assert "What you typed is still here." in response.content.decode()
    back = kept(response)
    assert back.pop("name").replace("\r", "") == typed.pop("name")
    assert back == {name: str(value) for name, value in typed.items()}
    way = re.search(r'href="([^"]+)" target="_blank"', response.content.decode())[1].split("?")[0]
    post(way, **({"code": code_of()} if way == CODE_AGAIN else {"password": PASSWORD}))
    assert post(url, **back, name="New words").status_code == 302
    assert Topic.objects.get(pk=topic.pk).name == "New words"


def test_a_password_that_was_posted_does_not_come_back(ed, clock):
    client = sign_in(add_app(make_role(MANAGER, username="mona")))
    clock.shift(timedelta(minutes=61))
    data = {"username": "new", "password1": "seven-green-kettles", "password2": "seven-green-kettles"}
    response = client.post("/admin/auth/user/add/", data)
    assert kept(response) == {"username": "new"}
    assert "seven-green" not in response.content.decode()
    assert not User.objects.filter(username="new").exists()


def test_looking_after_accounts_asks_for_a_proof_of_the_last_quarter_of_an_hour(ed, clock):
    client = sign_in(add_app(make_role(MANAGER, username="mona")))
    pages = [f"/admin/auth/user/{ed.pk}/change/", "/admin/auth/user/add/", "/admin/consults/consultrequest/export/"]
    for page in pages:
        assert client.get(page).status_code == 200
    clock.shift(timedelta(minutes=15))
    for page in pages:
        assert client.get(page).url.startswith(AGAIN)
    assert client.post(pages[0], {"username": "x"}).status_code == 403
    assert client.get("/admin/auth/user/").status_code == 200
    assert User.objects.filter(username="ed").exists()


def test_a_session_from_before_all_this_has_ended(ed, clock):
    client = sign_in(ed)
    session = client.session
    del session["signin"]
    session.save()
    assert client.get("/admin/").url == f"{LOGIN}?next=/admin/"


def test_a_clock_that_went_back_an_hour_ends_nothing(ed, clock):
    client = sign_in(ed)
    clock.shift(timedelta(hours=-1))
    assert client.get("/admin/").status_code == 200


def test_readers_pages_never_ask_for_a_session(clock, django_assert_num_queries):
    client = Client()
    client.cookies["session"] = "x" * 32
    with django_assert_num_queries(0):
        response = client.get("/robots.txt")
    assert "Cookie" not in response.headers.get("Vary", "")


def test_sessions_that_ran_out_are_deleted(ed, clock, now):
    sign_in(ed)
    forget_sessions(now=now + timedelta(hours=71))
    assert Session.objects.exists()
    forget_sessions(now=now + timedelta(hours=73))
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)  # allauth tells of new codes after the commit
def test_who_changes_how_they_sign_in_is_signed_out_everywhere_else(ed, clock):
    add_codes(ed)
    elsewhere = sign_in(ed, address="203.0.113.6")
    clock.shift(timedelta(minutes=2))
    here = sign_in(ed)
    assert here.post("/admin/account/sign-in/codes/new/").status_code == 302
    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").url == f"{LOGIN}?next=/admin/"
    clock.shift(timedelta(minutes=2))
    again = sign_in(ed, address="203.0.113.6")
    assert here.post("/admin/account/sign-in/app/remove/").status_code == 302
    assert here.get("/admin/").url == "/admin/account/sign-in/"
    assert again.get("/admin/").url == f"{LOGIN}?next=/admin/"
