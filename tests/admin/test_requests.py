"""The list of requests: order, search, filters, and what cannot be done there."""

from datetime import timedelta
from time import process_time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import Activity, ConsultRequest
from consults.pipeline import note_outcome
from tests.factories.consults import (
    make_front_desk,
    make_quarantined_request,
    make_recipient,
    make_request,
    make_staff_user,
)
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/consults/consultrequest/"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


def found(response) -> list[ConsultRequest]:
    return list(response.context["cl"].result_list)


def test_the_list_is_of_all_requests_newest_first(desk):
    closed = make_request(now=NOW - timedelta(days=9))
    note_outcome(request=closed, kind="not_a_fit", actor=None, now=NOW)
    spam = make_quarantined_request(now=NOW - timedelta(days=7))
    young, old = make_request(now=NOW - timedelta(hours=1)), make_request(now=NOW - timedelta(hours=2))
    assert found(desk.get(LIST)) == [young, old, spam, closed]


def test_the_list_says_how_things_stand_and_nothing_personal(desk):
    auburn = make_location(name="Auburn")
    desk.user.desk_clinics.add(auburn)
    request = make_request(location=auburn, contact_by="text", best_time="evening", now=NOW - timedelta(hours=2))
    make_quarantined_request()
    response = desk.get(LIST)
    text = text_of(response)
    assert f"{request.spoken_reference} Auburn Waiting 2 hours ago None set Nobody Text, early evening" in text
    assert (
        "Not sure Set aside as possible spam: A field that people cannot see was filled in "
        "less than a minute ago None set Nobody Phone call, any time" in text
    )
    for word in ("Dana", "555-", "mail.example"):
        assert word not in response.content.decode()


def test_unprintable_input_is_answered_not_a_fault(desk):
    make_request()
    assert "Null characters are not allowed." in text_of(desk.get(LIST, {"q": "a\0b"}))
    assert desk.get(LIST, {"stage__exact": "a\0b"}).status_code == 400
    assert desk.get(LIST, {"location__id__exact": "x"}, follow=True).status_code == 200
    assert desk.get(LIST, {"o": "9.-9.x", "p": "x"}, follow=True).status_code == 200
    assert desk.get(f"{LIST}a%00b/change/").status_code == 404
    assert desk.get(f"{LIST}99999/change/").status_code == 404


def test_filters(desk):
    auburn = make_location(name="Auburn")
    desk.user.desk_clinics.add(auburn)
    here, unsure, spam = make_request(location=auburn), make_request(), make_quarantined_request(location=auburn)
    booked = make_request(location=auburn)
    note_outcome(request=booked, kind="booked", actor=None, now=NOW)
    for query, expected in (
        ({"location__id__exact": auburn.pk}, {here, spam, booked}),
        ({"location__isnull": "True"}, {unsure}),
        ({"stage__exact": "booked"}, {booked}),
        ({"spam_state__exact": "quarantined"}, {spam}),
    ):
        assert set(found(desk.get(LIST, query))) == expected


def test_requests_are_neither_added_nor_edited_nor_deleted(manager):
    request = make_request()
    assert manager.get(f"{LIST}add/").status_code == 403
    assert manager.post(f"{LIST}add/", {"name": "New"}).status_code == 403
    for method in (manager.get, manager.post):
        assert method(f"{LIST}{request.pk}/delete/").status_code == 403
    manager.post(LIST, {"action": "delete_selected", "_selected_action": [request.pk], "post": "yes"})
    response = manager.post(request.get_absolute_url(), {"name": "Somebody else", "stage": "booked"})
    assert response.status_code == 405
    assert ConsultRequest.objects.get().name == "Dana Whitfield"
    assert "delete_selected" not in manager.get(LIST).content.decode()


def test_many_are_released_or_confirmed_at_once(desk):
    make_recipient()
    first, second, clean = make_quarantined_request(), make_quarantined_request(), make_request()
    OutboxMessage.objects.all().delete()
    post = {"_selected_action": [first.pk, second.pk, clean.pk]}
    response = desk.post(LIST, {"action": "confirm_chosen_spam", **post})
    assert messages_of(response) == ["2 confirmed as spam. 1 left as they were."]
    response = desk.post(LIST, {"action": "release_chosen", "_selected_action": [first.pk]})
    assert messages_of(response)[-1] == "1 released."
    states = dict(ConsultRequest.objects.values_list("pk", "spam_state"))
    assert states == {first.pk: "released", second.pk: "confirmed", clean.pk: "clean"}
    assert [mail.about for mail in OutboxMessage.objects.all()] == [first.subject]
    assert dict(AuditEntry.objects.filter(action__startswith="requests-").values_list("action", "detail")) == {
        "requests-confirmed-spam": {"count": 2, "requests": [first.reference, second.reference]},
        "requests-released": {"count": 1, "requests": [first.reference]},
    }
    assert set(Activity.objects.exclude(actor=None).values_list("request", "kind", "actor_name")) == {
        (first.pk, "confirmed_spam", "desk"),
        (second.pk, "confirmed_spam", "desk"),
        (first.pk, "released", "desk"),
    }


def test_who_may_only_look_has_no_actions(client):
    request = make_quarantined_request()
    client.force_login(make_staff_user("consults.view_consultrequest"))
    assert "release_chosen" not in client.get(LIST).content.decode()
    client.post(LIST, {"action": "release_chosen", "_selected_action": [request.pk]})
    assert ConsultRequest.objects.get().spam_state == "quarantined"


def test_staff_without_the_permission_get_nowhere(editor):
    request = make_quarantined_request()
    paths = [LIST, request.get_absolute_url(), f"{LIST}{request.pk}/history/"]
    paths += ["/admin/autocomplete/?app_label=consults&model_name=activity&field_name=request&term=D"]
    for path in paths:
        assert editor.get(path).status_code == 403
    for step in ("outcome", "release", "confirm_spam"):
        assert editor.post(reverse(f"admin:consults_{step}", args=[request.pk])).status_code == 403


def test_it_asks_the_database_as_often_for_one_as_for_ten(client):
    client.force_login(make_front_desk())
    location = make_location()
    counts = []
    for number in (1, 9):
        for _ in range(number):
            make_request(location=location)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def make_spam_wave(number: int) -> None:
    ConsultRequest.objects.bulk_create(
        ConsultRequest(
            reference=f"{place:08}",
            asked_at=NOW,
            last_asked_at=NOW,
            waiting_since=NOW,
            name="www.spam.example",
            phone_hash="x",
            contact_by="call",
            source="consult",
            spam_state="quarantined",
            spam_reasons=["trap"],
            fingerprint=f"{place:064}",
        )
        for place in range(number)
    )


@pytest.mark.parametrize(("action", "state"), [("confirm_chosen_spam", "confirmed"), ("release_chosen", "released")])
def test_a44_a_wave_of_5000_is_judged_in_one_go(desk, action, state):
    make_recipient()
    make_spam_wave(5000)
    post = {"action": action, "select_across": "1", "_selected_action": ["1"]}
    with CaptureQueriesContext(connection) as queries:
        started = process_time()
        response = desk.post(f"{LIST}?spam_state__exact=quarantined", post)
        seconds = process_time() - started
    assert messages_of(response) == [f"5,000 {'released' if state == 'released' else 'confirmed as spam'}."]
    assert ConsultRequest.objects.filter(spam_state=state).count() == 5000
    assert Activity.objects.filter(actor=desk.user, kind__in=["released", "confirmed_spam"]).count() == 5000
    assert OutboxMessage.objects.count() == (5000 if state == "released" else 0)
    entry = AuditEntry.objects.get(action__in=["requests-released", "requests-confirmed-spam"])
    assert entry.detail == {"count": 5000}
    assert seconds < 5
    assert len(queries) < 200  # in batches: SQLite takes few values in one statement


def test_a44_more_than_are_done_at_once_are_done_in_stated_batches(desk, monkeypatch):
    monkeypatch.setattr("consults.pipeline.MOST_AT_ONCE", 3)
    monkeypatch.setattr("consults.admin.request.MOST_AT_ONCE", 3)
    make_spam_wave(5)
    post = {"action": "confirm_chosen_spam", "select_across": "1", "_selected_action": ["1"]}
    for said, left in (("3 confirmed as spam. 2 left as they were. That is as many", 2), ("2 confirmed as spam.", 0)):
        response = desk.post(f"{LIST}?spam_state__exact=quarantined", post)
        assert messages_of(response)[-1].startswith(said)
        assert ConsultRequest.objects.quarantined().count() == left


def test_a44_an_action_cannot_reach_another_clinic_s_requests(client):
    here, there = make_location(name="Birmingham"), make_location(name="Auburn")
    hidden = make_quarantined_request(location=there)
    client.force_login(make_front_desk(here))
    for post in ({"_selected_action": [hidden.pk]}, {"select_across": "1", "_selected_action": [hidden.pk]}):
        client.post(LIST, {"action": "confirm_chosen_spam", **post})
    assert ConsultRequest.objects.get().spam_state == "quarantined"


def test_a_list_longer_than_is_counted_says_so(desk, monkeypatch):
    monkeypatch.setattr("consults.admin.paging.COUNTED", 3)
    monkeypatch.setattr("consults.admin.request.COUNTED", 3)
    make_spam_wave(5)
    response = desk.get(LIST)
    assert response.context["cl"].result_count == 3
    assert "Counted up to 3." in text_of(response)
