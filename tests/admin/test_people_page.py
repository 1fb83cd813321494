"""What is kept of one person: found, given out as one file, erased."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.roles import EDITOR, FRONT_DESK, MANAGER, OWNER
from clinic_site.signin import standing
from consults import personal_data as people
from consults.models import Activity, Consent, ConsultRequest
from consults.pipeline import note_outcome
from tests.factories.consults import (
    make_consent_text,
    make_quarantined_request,
    make_recipient,
    make_request,
    make_role,
    make_staff_user,
)
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/consults/consultrequest/people/"
DOWNLOAD, ERASE = f"{PAGE}download/", f"{PAGE}erase/"
NUMBER = {"phone": "tel:+1-205-555-0142", "phone_as_typed": "205-555-0142"}


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def boss(client):
    client.force_login(make_role(MANAGER, username="boss"))
    return client


@pytest.fixture
def dana():
    """Two requests of one person, one of them set aside, with all that can hang on a request; and somebody else's."""
    make_recipient()
    make_consent_text(body="We may call you about this.")
    first = make_request(**NUMBER, email="dana@mail.example", contact_by="email", note="About mornings.", now=NOW)
    note_outcome(request=first, kind="reached", actor=None, now=NOW)
    Activity.objects.create(request=first, kind="note", at=NOW, note="Prefers Tuesdays", actor_name="desk")
    spam = make_quarantined_request(**NUMBER, email="other@mail.example", now=NOW + timedelta(minutes=1))
    make_request(phone="tel:+1-205-555-0199", phone_as_typed="205-555-0199", email="", name="Robin Vale")
    return [first, spam]


def found(client, term: str = "205-555-0142"):
    return client.post(PAGE, {"term": term})


def signed(client, term: str = "205-555-0142") -> str:
    return found(client, term).context["person"]


@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OWNER, 200), (FRONT_DESK, 403), (EDITOR, 403)])
def test_it_is_for_those_who_may_handle_personal_data(client, dana, role, status):
    person = people.read_person("205-555-0142").signed()
    client.force_login(make_role(role))
    assert client.get(PAGE).status_code == status
    assert found(client).status_code == status
    assert client.post(DOWNLOAD, {"person": person}).status_code == status
    assert client.post(ERASE, {"person": person, "count": "1", "reason": "asked"}).status_code in {422, 403}
    assert ConsultRequest.objects.count() == 3


@pytest.mark.parametrize(
    ("term", "count"),
    [
        ("205-555-0142", 2),
        ("(205) 555 0142", 2),
        ("+1 205 555 0142", 2),
        (" DANA@mail.example ", 1),
        ("other@mail.example", 1),
        ("205-555-0143", 0),
        ("nobody@mail.example", 0),
    ],
)
def test_a_number_or_an_address_finds_all_that_came_from_it_spam_too(boss, dana, term, count):
    response = found(boss, term)
    assert [asked.reference for asked in response.context["found"]] == [asked.reference for asked in dana][:count] or (
        term.startswith("other") and response.context["found"] == [dana[1]]
    )
    assert len(response.context["found"]) == count


@pytest.mark.parametrize("term", ["", "555-0142", "Dana Whitfield", "a\0b", "x" * 5000, "%", "a@b@c.example"])
def test_what_names_nobody_is_asked_for_again(boss, dana, term):
    response = found(boss, term)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not AuditEntry.objects.filter(action="person-found").exists()


def test_the_page_shows_references_and_stages_and_nothing_personal(boss, dana):
    response = found(boss)
    text = text_of(response)
    assert "2 requests with this phone number" in text
    assert "2 still open, 1 set aside as spam" in text
    assert f"{dana[0].spoken_reference} Nov 25, 2026 Not sure In touch" in text
    for value in ("555-0142", "5550142", "Dana", "dana@", "other@", "mornings", "Tuesdays"):
        assert value not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_nothing_is_found_or_given_out_or_erased_by_an_address_in_the_browser(boss, dana):
    person = signed(boss)
    assert "found" not in boss.get(PAGE, {"term": "205-555-0142"}).context
    assert boss.get(DOWNLOAD, {"person": person}).status_code == 302
    assert boss.get(ERASE, {"person": person, "count": "2", "reason": "asked"}).status_code == 302
    assert ConsultRequest.objects.count() == 3


def test_a_search_is_noted_without_what_was_typed(boss, dana):
    found(boss)
    entry = AuditEntry.objects.get(action="person-found")
    assert entry.actor_name == "boss"
    assert entry.from_address == "127.0.0.1"
    assert entry.detail == {"by": "phone", "requests": [asked.reference for asked in dana]}


def test_the_file_holds_everything_and_no_browser_keeps_it(boss, dana):
    response = boss.post(DOWNLOAD, {"person": signed(boss)})
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Disposition"] == 'attachment; filename="what-we-keep-2026-11-25.json"'
    first, spam = json.loads(response.content)["requests"]
    assert first["name"] == "Dana Whitfield"
    assert (first["phone"], first["phone_as_typed"], first["email"], first["note"]) == (
        "tel:+1-205-555-0142",
        "205-555-0142",
        "dana@mail.example",
        "About mornings.",
    )
    assert first["asked_at"] == "2026-11-25T09:10:00-06:00"
    assert [activity["what"] for activity in first["activities"]] == ["Request received", "Reached", "Note"]
    assert first["activities"][-1]["note"] == "Prefers Tuesdays"
    assert first["consents"][0]["words"] == "We may call you about this."
    assert {mail["to"] for mail in first["mails"]} == {"the clinic", "the person who asked"}
    assert spam["spam_state"] == "quarantined"
    for value in ("desk", "Robin", "555-0199", "5550199"):  # neither staff nor anybody else
        assert value not in response.content.decode()
    entries = AuditEntry.objects.filter(action="request-given-out")
    assert {entry.subject for entry in entries} == {asked.subject for asked in dana}
    assert AuditEntry.objects.get(action="person-exported").detail == {"found": 2}


def test_every_field_of_a_request_is_given_out_or_left_out_on_purpose(boss, dana):
    first = json.loads(boss.post(DOWNLOAD, {"person": signed(boss)}).content)["requests"][0]
    fields = {field.name for field in ConsultRequest._meta.concrete_fields}
    assert fields - people.LEFT_OUT == first.keys() - {"activities", "consents", "mails"}
    related = {relation.related_model for relation in ConsultRequest._meta.related_objects}
    assert {model.__name__ for model in related} == {"Activity", "Consent", "OpenedRequest"}


def test_the_file_costs_as_many_queries_for_one_request_as_for_nine(boss):
    counts = []
    for number in (1, 8):
        for each in range(number):
            make_request(**NUMBER, name=f"Dana {number}{each}", now=NOW + timedelta(minutes=number + each))
        person = signed(boss)
        with CaptureQueriesContext(connection) as queries:
            boss.post(DOWNLOAD, {"person": person})
        counts.append(len([query for query in queries if query["sql"].startswith("SELECT")]))
    assert counts[0] == counts[1]


def test_erasing_leaves_only_the_audit_trail(boss, dana):
    response = boss.post(ERASE, {"person": signed(boss), "count": "2", "reason": "asked"})
    assert response.status_code == 302
    assert messages_of(response) == ["2 requests were erased. The audit trail keeps that there was something."]
    assert [asked.name for asked in ConsultRequest.objects.all()] == ["Robin Vale"]
    kept = {ConsultRequest.objects.get().pk}
    assert set(Activity.objects.values_list("request", flat=True)) == kept
    assert set(Consent.objects.values_list("request", flat=True)) == kept
    assert not OutboxMessage.objects.filter(about__in=[asked.subject for asked in dana]).exists()
    erased = AuditEntry.objects.filter(action="request-erased").order_by("pk")
    assert [(entry.subject, entry.actor_name) for entry in erased] == [(asked.subject, "boss") for asked in dana]
    assert erased[0].detail == {"stage": "in_touch", "days": 0, "reason": "asked"}
    assert AuditEntry.objects.get(action="person-erased").detail == {"requests": 2, "reason": "asked"}
    assert "Nothing is kept under this phone number" in text_of(found(boss))


@pytest.mark.parametrize(
    "changes",
    [{"count": "1"}, {"count": ""}, {"count": "two"}, {"reason": ""}, {"reason": "she said so"}, {"count": "9" * 5000}],
)
def test_a_slip_erases_nothing(boss, dana, changes):
    response = boss.post(ERASE, {"person": signed(boss), "count": "2", "reason": "asked", **changes})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert ConsultRequest.objects.count() == 3
    assert not AuditEntry.objects.filter(action__in=["request-erased", "person-erased"]).exists()


def test_one_that_came_in_meanwhile_stops_the_erasing(boss, dana):
    person, user = people.read_person("205-555-0142"), make_role(OWNER)
    assert people.erase_person(person, reason="asked", expected=1, user=user, now=NOW) is False
    assert ConsultRequest.objects.count() == 3


@pytest.mark.parametrize("person", ["", "x", "a:b:c", '["phone","x"]'])
def test_a_person_is_not_made_up(boss, dana, person):
    for page in (DOWNLOAD, ERASE):
        response = boss.post(page, {"person": person, "count": "2", "reason": "asked"})
        assert response.url == PAGE
        assert messages_of(response)[-1] == "That page was open for too long. Search once more."
    assert ConsultRequest.objects.count() == 3


def test_a_page_stands_for_an_hour(boss, dana, monkeypatch):
    monkeypatch.setattr(standing, "FRESH_FOR", timedelta(hours=2))
    person = signed(boss)
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        assert boss.post(DOWNLOAD, {"person": person}).status_code == 302


def test_another_clinics_requests_stay_out_of_reach(client, dana):
    auburn = make_location(name="Auburn")
    hidden = make_request(**NUMBER, location=auburn, name="Dana W")
    user = make_staff_user("consults.handle_personal_data", "consults.view_consultrequest")
    client.force_login(user)
    response = found(client)
    assert hidden not in response.context["found"]
    assert len(response.context["found"]) == 2
    assert "Only the clinics that you work for were searched." in text_of(response)
    client.post(ERASE, {"person": response.context["person"], "count": "2", "reason": "other"})
    assert hidden in ConsultRequest.objects.all()
