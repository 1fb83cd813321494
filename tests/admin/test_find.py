"""Finding a request: what a caller says is posted, and never stands in an address, a message or the audit trail."""

from datetime import timedelta

import pytest
import time_machine

from clinic_site.core.models import AuditEntry
from consults.models import ConsultRequest
from consults.models.request import email_hash, phone_hash
from tests.factories.consults import make_front_desk, make_quarantined_request, make_recipient, make_request
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/consults/consultrequest/"
FIND = f"{LIST}find/"
TEL = "tel:+1-205-555-0142"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


def found(response) -> list[ConsultRequest]:
    return list(response.context["cl"].result_list) if "cl" in response.context else []


@pytest.mark.parametrize(
    ("term", "is_found"),
    [
        ("{reference}", True),
        ("{spoken}", True),
        ("{lower}", True),
        ("{start}", True),
        ("205-555-0142", True),
        ("(205) 555 0142", True),
        ("+1 205 555 0142", True),
        ("dana@mail.example", True),
        (" DANA@MAIL.EXAMPLE ", True),
        ("205-555-01", False),
        ("205-555-0143", False),
        ("dana@mail", False),
        ("Dana Whitfield", False),
        ("call after 5", False),
        ("%", False),
        ("_", False),
        ("-", False),
        ("\u200b", False),
        ("a\0b", False),
        ("", False),
        ("😀" * 200, False),
        ("x" * 100_000, False),
    ],
)
def test_a_reference_or_a_whole_number_or_address_is_found(desk, term, is_found):
    request = make_request(phone=TEL, email="dana@mail.example")
    make_request(email="", phone="tel:+1-205-555-0199")
    reference = request.reference
    term = term.format(
        reference=reference, spoken=request.spoken_reference, lower=reference.lower(), start=reference[:6]
    )
    response = desk.post(FIND, {"term": term}, follow=True)
    assert found(response) == ([request] if is_found else [])
    if is_found:
        assert "1 request found." in text_of(response)
    else:
        # Nothing is lost: the words stand in the box, with what to do about them.
        assert response.context["find"]["term"].value() == term
        assert response.context["find"].errors["term"]


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("205-555-0143", "No request has that phone number or e-mail address."),
        ("ZZZZ-ZZZZ", "No request has a reference that begins like that."),
        ("Dana Whitfield", "Names cannot be searched: they are kept encrypted."),
        ("", "Enter what to look for"),
    ],
)
def test_what_is_not_found_is_said_in_words(desk, term, words):
    make_request(phone=TEL)
    assert words in text_of(desk.post(FIND, {"term": term}))


@pytest.mark.parametrize(
    ("term", "query"),
    [
        ("205-555-0142", f"?person={phone_hash(TEL)}"),
        ("Dana@Mail.example", f"?person={email_hash('dana@mail.example')}"),
        ("{spoken}", "?q={reference}"),
    ],
)
def test_the_address_of_what_was_found_holds_nothing_personal(desk, term, query):
    request = make_request(phone=TEL, email="dana@mail.example")
    names = {"spoken": request.spoken_reference, "reference": request.reference}
    response = desk.post(FIND, {"term": term.format(**names)})
    assert response["Location"] == LIST + query.format(**names)
    assert messages_of(response) == ["1 request found."]


def test_a_search_leaves_an_audit_entry_without_what_was_typed(desk):
    make_request(phone=TEL, email="dana@mail.example")
    for term in ("205-555-0142", "dana@mail.example", "205-555-0143"):
        desk.post(FIND, {"term": term})
    entries = AuditEntry.objects.filter(action="requests-searched").order_by("pk")
    assert [(entry.actor, entry.detail) for entry in entries] == [
        (desk.user, {"found": 1}),
        (desk.user, {"found": 1}),
        (desk.user, {"found": 0}),
    ]
    for typed in ("555-0142", "5550142", "555-0143", "5550143", "dana@"):
        assert typed not in str(list(entries.values()))


def test_in_an_address_only_a_reference_is_understood(desk):
    request = make_request(phone=TEL, email="dana@mail.example")
    assert found(desk.get(LIST, {"q": request.spoken_reference})) == [request]
    for typed in ("205-555-0142", "dana@mail.example", "%", "Dana"):
        assert found(desk.get(LIST, {"q": typed})) == []
    for person in ("x", "a" * 63, "%", "0" * 64):
        response = desk.get(LIST, {"person": person})
        assert (response.status_code, found(response)) == (200, [])
        assert "Show every request" in text_of(response)


def test_nobody_guesses_at_columns_by_an_address(desk):
    request = make_request()
    for name in ("phone_hash__startswith", "name__contains", "owner__password__startswith", "fingerprint"):
        assert desk.get(LIST, {name: request.phone_hash[:2]}).status_code == 400
    assert desk.get(LIST, {"utm_source": "x"}, follow=True).status_code == 200
    for name in ("due", "owner", "answered"):
        assert found(desk.get(LIST, {name: "nonsense"})) == []


def test_another_clinic_s_requests_are_not_found(client):
    make_recipient()
    here, there = make_location(name="Birmingham"), make_location(name="Auburn")
    request = make_request(location=there, phone=TEL)
    client.force_login(make_front_desk(here))
    for term in ("205-555-0142", request.reference):
        assert "No request has" in text_of(client.post(FIND, {"term": term}))
    assert found(client.get(LIST, {"person": phone_hash(TEL)})) == []
    html = client.get(LIST).content.decode()
    assert "Birmingham" in html
    assert "Auburn" not in html


def test_who_sees_no_requests_finds_none(editor):
    assert editor.get(FIND).status_code == editor.post(FIND, {"term": "x"}).status_code == 403


def test_the_page_can_be_opened_by_itself(desk):
    assert "Find a request" in text_of(desk.get(FIND))
    assert desk.put(FIND).status_code == 405


def test_the_list_names_whom_it_showed(desk):
    older, newer = make_request(now=NOW - timedelta(hours=1)), make_quarantined_request()
    desk.get(LIST)
    entry = AuditEntry.objects.get(action="requests-listed")
    assert (entry.actor, entry.detail) == (desk.user, {"requests": [newer.reference, older.reference]})
