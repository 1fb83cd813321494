"""What the picker of sources is told, and how many places cite each source."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic_site.core.models import Page
from tests.factories.articles import add_prose, make_article, make_question, make_reference
from tests.factories.consults import make_staff_user

pytestmark = pytest.mark.django_db

CITE = "/admin/articles/reference/cite/"


def keys(client, words: str) -> list[str]:
    return [source["key"] for source in client.get(CITE, {"q": words}).json()["sources"]]


@pytest.fixture
def sources():
    make_reference("berman2000", authors="Berman RM, Cappiello A", title="Antidepressant effects", year=2000)
    make_reference("anand2023", authors="Anand A, Zarate CA Jr", title="Ketamine versus ECT", year=2023, journal="NEJM")
    make_reference("zarate2006", authors="Zarate CA Jr, Singh JB", title="A randomized trial", year=2006)
    make_reference("label", authors="", title="50% [label]", year=None, checked_on=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["anand2023", "berman2000", "label", "zarate2006"]),
        ("zarate", ["zarate2006", "anand2023"]),
        ("ZARATE 2006", ["zarate2006"]),
        ("2023", ["anand2023"]),
        ("nejm", ["anand2023"]),
        ("antidepressant berman", ["berman2000"]),
        ("50% [", ["label"]),
        ("nobody", []),
        ("ber\0man", ["berman2000"]),
        ("\0", ["anand2023", "berman2000", "label", "zarate2006"]),
        ("'\"\\", []),
        ("x" * 5000, []),
    ],
)
@pytest.mark.usefixtures("sources")
def test_sources_are_found_by_any_of_their_words_the_likeliest_first(staff, words, found):
    assert keys(staff, words) == found


@pytest.mark.usefixtures("sources")
def test_a_source_is_described_as_people_know_it(staff):
    answer = staff.get(CITE, {"q": "anand"}).json()
    assert answer == {
        "sources": [
            {
                "key": "anand2023",
                "title": "Ketamine versus ECT",
                "from": "Anand A, Zarate CA Jr, NEJM, 2023",
                "is_checked": False,
            }
        ],
        "has_more": False,
    }
    assert staff.get(CITE, {"q": "label"}).json()["sources"][0]["is_checked"]


def test_at_most_twenty_are_shown(staff):
    for number in range(21):
        make_reference(f"doe{number:02}")
    answer = staff.get(CITE).json()
    assert (len(answer["sources"]), answer["has_more"]) == (20, True)
    assert staff.get(CITE, {"q": "doe0"}).json()["has_more"] is False


def test_only_those_who_write_may_ask(client):
    assert client.get(CITE).status_code == 302  # to the sign-in
    client.force_login(make_staff_user("consults.view_consultrequest", username="desk"))
    assert client.get(CITE).status_code == 403
    for permission in ("articles.view_reference", "articles.change_article"):
        client.force_login(make_staff_user(permission, username=permission))
        assert client.get(CITE).status_code == 200


def test_the_list_says_in_how_many_places_each_source_is_cited(staff):
    for key in ("a", "b", "c"):
        make_reference(key)
    article = make_article(standfirst="X [@a].")
    add_prose(article, "<p>X [@a] [@b].</p>")
    make_question(answer="<p>X [@a].</p>")
    page = Page.objects.create(title="About", slug="about", summary="Us.", body="<p>X [@a].</p>")
    html = staff.get(reverse("admin:articles_reference_changelist")).content.decode()
    assert [html.count(words) for words in ("3 places", "1 place<", "Nowhere")] == [1, 1, 1]
    reference = staff.get(reverse("admin:articles_reference_changelist"), {"q": "On a"}).context["cl"].result_list[0]
    page_url = reverse("admin:core_page_change", args=[page.pk])
    assert page_url in staff.get(reverse("admin:articles_reference_change", args=[reference.pk])).content.decode()


def test_the_list_asks_as_often_for_one_source_as_for_ten(staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(reverse("admin:articles_reference_changelist"))
        return len(captured)

    make_reference("doe")
    queries()
    before = queries()
    for number in range(9):
        make_reference(f"doe{number}")
        make_article(standfirst=f"X [@doe{number}].")
    assert queries() == before
