"""The audit trail as a manager reads it: found by reference, person, action and day; never changed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic_site.core import audit_admin
from clinic_site.core.audit_words import action_words, subject_words
from clinic_site.core.models import AuditEntry
from clinic_site.roles import EDITOR, FRONT_DESK, MANAGER, OWNER
from tests.factories.consults import make_role
from tests.factories.posts import NOW

from .page import text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/core/auditentry/"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def boss(client):
    client.force_login(make_role(MANAGER, username="boss"))
    return client


def entry(action: str = "request-viewed", subject: str = "consult:7K3M9PXW", *, at=NOW, **fields) -> AuditEntry:
    return AuditEntry.objects.create(action=action, subject=subject, at=at, **fields)


def found(client, **query) -> set[int]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return {each.pk for each in response.context["cl"].result_list}


@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OWNER, 200), (FRONT_DESK, 403), (EDITOR, 403)])
def test_who_may_read_it(client, role, status):
    one = entry()
    client.force_login(make_role(role))
    assert client.get(LIST).status_code == status
    assert client.get(f"{LIST}{one.pk}/change/").status_code == status


def test_it_says_who_when_what_from_where_and_about_which(boss):
    entry(actor_name="desk", from_address="203.0.113.9", detail={"found": 1})
    entry("request-received")
    entry("request-expired")
    text = text_of(boss.get(LIST))
    assert "Nov. 25, 2026, 9:10 a.m. desk Looked at a request Request 7K3M-9PXW 203.0.113.9" in text
    assert "The visitor Request received Request 7K3M-9PXW Not kept" in text
    assert "The site itself Request deleted by the site: its time was up" in text


def test_nothing_is_added_changed_or_deleted(client):
    client.force_login(User.objects.create_superuser("root"))
    one = entry()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{one.pk}/change/", {"action": "x"}).status_code == 403
    assert client.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"})
    assert AuditEntry.objects.filter(pk=one.pk, action="request-viewed").exists()


def test_search(boss):
    User.objects.create_user("dwhite", first_name="Dana", last_name="White")
    views = entry(actor_name="dwhite")
    other = entry("requests-exported", "consults", actor_name="gone")
    yesterday = entry(subject="consult:ABCDEFGH", actor_name="dwhite", at=datetime(2026, 11, 25, 5, 59, tzinfo=UTC))
    for term, expected in {
        "7K3M-9PXW": {views},
        "7k3m9pxw": {views},
        "dwhite": {views, yesterday},
        "Dana": {views, yesterday},
        "dana white": {views, yesterday},
        "gone": {other},
        "exported": {other},
        "looked at": {views, yesterday},
        "2026-11-25": {views, other},
        "11/24/2026": {yesterday},
        "dwhite 2026-11-24": {yesterday},
        "dwhite exported": set(),
        "7K3M": set(),
        "2026-02-30": set(),
        "0001-01-01": set(),
        "9999-12-31": set(),
        "%": set(),
        "😀": set(),
        "x" * 4000: set(),
    }.items():
        assert found(boss, q=term) == {each.pk for each in expected}, term[:40]


def test_filters_and_hostile_addresses(boss):
    today, old = entry(), entry("request-received", at=NOW - timedelta(days=7))
    assert found(boss, when="today") == {today.pk}
    assert found(boss, when="week") == {today.pk}
    assert found(boss, when="month") == {today.pk, old.pk}
    assert found(boss, action="request-received") == {old.pk}
    assert found(boss, when="x", action="y") == {today.pk, old.pk}
    assert boss.get(LIST, {"q": "a\0b"}).status_code == 200
    assert boss.get(LIST, {"p": "x", "o": "9.x", "detail__contains": "x"}, follow=True).status_code in {200, 400}
    assert boss.get(f"{LIST}99999999999999999999/change/", follow=True).status_code in {200, 404}


def test_it_lists_the_newest_and_says_that_there_are_more(boss, monkeypatch):
    monkeypatch.setattr(audit_admin, "MOST_LISTED", 3)
    entries = [entry(at=NOW + timedelta(minutes=number)) for number in range(5)]
    response = boss.get(LIST)
    assert response.context["cl"].result_count == 3
    assert next(each.pk for each in response.context["cl"].result_list) == entries[-1].pk
    assert "The newest 10,000 are listed; a search finds older ones." in text_of(response)


def test_it_asks_the_database_as_often_for_three_as_for_fifty(boss):
    user = make_role(FRONT_DESK, username="desk")
    counts = []
    for number in (3, 47):
        for _ in range(number):
            entry(actor=user, actor_name="desk")
        with CaptureQueriesContext(connection) as queries:
            boss.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("request-viewed", "Looked at a request"),
        ("request-left-message", "Request: left a message"),
        ("something-new", "Something new"),
    ],
)
def test_every_action_has_words(code, words):
    assert action_words(code) == words


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("consult:7K3M9PXW", "Request 7K3M-9PXW"),
        ("consults", "Requests"),
        ("mail", "Mail"),
        ("user:12345678", "Account 12345678"),
        ("", ""),
    ],
)
def test_what_it_is_about_has_words(subject, words):
    assert subject_words(subject) == words
