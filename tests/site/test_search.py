"""The search page, its box on every page, the index as a whole, and what editors see of it."""

import io
import logging
import re
from datetime import timedelta
from html import escape

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Question
from clinic_site.core.models import MissedSearch, Page, SearchDocument
from clinic_site.core.search import read_query
from clinic_site.crisis_words import speaks_of_crisis
from clinic_site.search import is_complete, reindex
from locations.models import Location
from tests.factories.articles import NOW, make_article
from tests.factories.search import index_documents

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]

A15 = [
    "treatment-resistant",
    "don't",
    '"',
    "PTSD OR",
    "AND",
    "NOT ptsd",
    "foo:bar",
    "ptsd?",
    "50%",
    "C++",
    "(ptsd",
    "*",
    "-ptsd",
    "NEAR(",
    "{",
    "",
    "   ",
    "🙂",
    "ptsd\0x",
]
OTHERS = ["\0", "a\0b", "x" * 10_000, "word " * 2000, "Élan", "'; DROP TABLE core_page; --", "\\", "%", "_", "\ud7ff"]


def text_of(response) -> str:
    return response.content.decode()


def title_of(response) -> str:
    return re.search(r"<title>(.*?) \|", text_of(response), re.DOTALL)[1]


def heading_of(response) -> str:
    return re.search(r"<h1>(.*?)</h1>", text_of(response), re.DOTALL)[1]


# What people type ----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", A15 + OTHERS)
def test_a15_ordinary_words_are_never_query_syntax(client, typed):
    response = client.get("/search/", {"q": typed})
    assert response.status_code == 200
    assert title_of(response) == heading_of(response)
    query, total = response.context["query"], response.context["results"].total
    if query.text:
        count = {0: "No results", 1: "1 result"}.get(total, f"{total} results")
        assert heading_of(response) == f"{count} for “{escape(query.text)}”"
    else:
        assert (heading_of(response), total) == ("Search", 0)
    assert f'value="{escape(query.text)}"' in text_of(response)


def test_a15_the_words_are_found(client):
    def found(typed: str) -> list[str]:
        return [hit.path for hit in client.get("/search/", {"q": typed}).context["results"].hits]

    conditions = Article.objects.get(slug__startswith="what-psychiatric").get_absolute_url()
    assert conditions in found("treatment-resistant")
    assert found("ptsd?")
    assert found("ptsd?") == found("PTSD") == found("(ptsd") == found("-ptsd") == found("NOT ptsd") == found("PTSD OR")
    assert conditions in found("ptsd?")


@pytest.mark.parametrize("typed", ["", "   ", "\0", '"', "*", "🙂", "{"])
def test_a15_without_a_word_nothing_is_searched_and_the_page_helps(client, typed, monkeypatch):
    monkeypatch.setattr("clinic_site.core.search.backend", None)
    response = client.get("/search/", {"q": typed})
    assert response.status_code == 200
    assert "(205) 557-2253" in text_of(response)
    assert ("There is no word in what you typed" if typed.strip(" \0") else "Type a word or two") in text_of(response)
    assert not MissedSearch.objects.exists()


def test_a15_what_was_typed_is_echoed_escaped(client):
    response = client.get("/search/", {"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in text_of(response)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in title_of(response)


@pytest.mark.parametrize("path", ["/search/?q=%00", "/search/?q=a%00b", "/search/?%00=1", "/search/?q=%ff%fe"])
def test_a16_a_nul_byte_in_a_search_finds_nothing_and_breaks_nothing(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.context["results"].total == 0


@pytest.mark.parametrize(
    "path",
    [
        "/articles/a%00b/",
        "/articles/topics/a%00/",
        "/articles/?page=%00",
        "/a%00b/",
        "/locations/a%00b/",
        "/search/?q=sleep&page=%00",
    ],
)
def test_a16_a_nul_byte_in_an_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a16_a_nul_byte_in_a_parameter_that_a_page_does_not_read_changes_nothing(client):
    assert client.get("/?page=%00").status_code == 200


def test_a16_a_nul_byte_in_the_searches_of_the_admin_and_its_sign_in(client):
    response = client.post("/admin/account/login/", {"login": "a\0", "password": "b\0"})
    assert response.status_code == 200
    assert "Null characters are not allowed" in text_of(response)
    client.force_login(User.objects.create_superuser("editor"))
    searched = [kind for kind, model_admin in admin.site._registry.items() if model_admin.search_fields]
    assert len(searched) > 8
    for kind in searched:
        path = f"/admin/{kind._meta.app_label}/{kind._meta.model_name}/"
        assert client.get(path, {"q": "a\0"}).status_code == 200, path
        assert client.get(path, {"o": "\0"}).status_code == 400, path


# The page ------------------------------------------------------------------------------------


def test_a_search_is_nobodys_business(client, caplog):
    with caplog.at_level(logging.DEBUG):
        response = client.get("/search/", {"q": "zebrafinch"})
        client.get("/search/", {"q": "zebrafinch", "page": "7"})
        client.post("/search/?q=zebrafinch")
    cache = response.headers["Cache-Control"]
    assert ("private" in cache, "no-store" in cache) == (True, True)
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")
    assert '<meta name="robots" content="noindex">' in text_of(response)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert "zebrafinch" not in " ".join(ours)
    assert "Disallow: /search/?" in text_of(client.get("/robots.txt"))


def test_a_search_is_a_get(client):
    assert client.post("/search/", {"q": "sleep"}).status_code == 405
    assert client.head("/search/", {"q": "sleep"}).status_code == 200


def test_hits_say_what_they_are_and_mark_what_was_found(client):
    page = text_of(client.get("/search/", {"q": "side effects"}))
    assert "Article: Safety" in page
    assert "<mark>Side</mark> <mark>effects</mark>" in page


def test_a_clinic_is_shown_with_address_and_phone(client):
    page = text_of(client.get("/search/", {"q": "birmingham clinic"}))
    main = page[page.index("<main") : page.index("</main>")]
    assert "1932 Laurel Rd # 1B<br>Vestavia Hills, AL 35216" in main
    assert '<a class="nw" href="tel:+1-205-557-2253">(205) 557-2253</a>' in main


def test_no_result_leads_on(client):
    page = text_of(client.get("/search/", {"q": "zebrafinch"}))
    for words in ("No results for “zebrafinch”", "Check the spelling", "/articles/topics/safety/", "/questions/"):
        assert words in page


def test_a_misspelled_word_has_a_link_to_what_was_meant(client):
    response = client.get("/search/", {"q": "ketmaine saftey"})
    link = re.search(r'Did you mean <a href="([^"]+)">([^<]+)</a>', text_of(response))
    assert link.groups() == ("/search/?q=ketamine+safety", "ketamine safety")
    assert client.get(link[1]).context["results"].total > 0


@pytest.mark.parametrize(
    "typed",
    [
        "suicide",
        "I feel suicidal",
        "I want to die",
        "kill myself",
        "overdose",
        "988",
        "I don't want to live",
        "self-harm",
        "end my life",
        "no reason to live",
        "how to kill my self",
        "SUICIDAL THOUGHTS",
        "i wish i was dead",
        "crisis line",
    ],
)
def test_words_of_a_crisis_bring_988_first_and_are_not_counted(client, typed):
    page = text_of(client.get("/search/", {"q": typed}))
    main = page[page.index("<main") :]
    before = main[: main.index('id="crisis"')]
    assert 'class="hit' not in before
    assert "What you can try" not in before
    assert "sms:988" in main
    client.get("/search/", {"q": f"{typed} zebrafinch"})
    assert not MissedSearch.objects.exists()


@pytest.mark.parametrize("typed", ["side effects", "diet", "dietary", "cost", "soda", "killer whale", "ending care"])
def test_other_words_do_not(typed):
    assert not speaks_of_crisis(read_query(typed))


def test_pages_of_hits_have_one_address_each(client):
    index_documents(*({"title": f"Zebrafinch {number}"} for number in range(21)))
    first = client.get("/search/", {"q": "zebrafinch"})
    assert 'href="/search/?q=zebrafinch&amp;page=2">Next page' in text_of(first)
    assert "Previous page" not in text_of(first)
    second = client.get("/search/", {"q": "zebrafinch", "page": "2"})
    assert title_of(second) == "21 results for “zebrafinch”, page 2"
    assert 'href="/search/?q=zebrafinch">Previous page' in text_of(second)
    last = client.get("/search/", {"q": "zebrafinch", "page": "3"})
    assert (len(last.context["hits"]), "Next page" in text_of(last)) == (1, False)
    bare = client.get("/search/", {"q": "zebrafinch", "page": "1"})
    assert (bare.status_code, bare.headers["Location"]) == (301, "/search/?q=zebrafinch")


@pytest.mark.parametrize("number", ["0", "4", "-1", "abc", "1.5", "999999", "9" * 5000, "", "\0", "१"])
def test_pages_that_are_not_there_are_not_found(client, number):
    index_documents(*({"title": f"Zebrafinch {number}"} for number in range(21)))
    assert client.get("/search/", {"q": "zebrafinch", "page": number}).status_code == 404


def test_one_hit_takes_as_many_queries_as_ten(client):
    def queries_of(typed: str) -> int:
        client.get("/search/", {"q": typed})
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/search/", {"q": typed}).context["results"].total
        return len(queries)

    index_documents({"title": "Sparrow"}, *({"title": f"Zebrafinch {number}"} for number in range(12)))
    assert queries_of("zebrafinch") == queries_of("sparrow")


@pytest.mark.parametrize("path", ["/", "/articles/", "/consult/", "/locations/auburn/", "/search/", "/not-a-page/"])
def test_every_page_has_the_box(client, path):
    page = text_of(client.get(path))
    forms = re.findall(r'<form class="find" role="search" action="/search/" aria-label="([^"]+)"', page)
    assert forms[0] == "Site"
    assert len(forms) == len(set(forms)) == (1 if path in ("/consult/", "/locations/auburn/") else 2)
    assert page.count("What would you like to find?") == len(forms)


# The index as a whole ------------------------------------------------------------------------


def test_the_initial_content_is_findable_as_soon_as_it_is_loaded():
    assert is_complete()
    counts = (Article.objects.count(), Question.objects.count(), Location.objects.count(), Page.objects.count())
    assert SearchDocument.objects.count() == sum(counts)


def test_a_lost_index_is_made_anew_and_a_whole_one_left_alone():
    SearchDocument.objects.all().delete()
    make_article(title="Written by hand")
    assert not is_complete()
    said = io.StringIO()
    call_command("reindex_search", if_incomplete=True, stdout=said)
    assert said.getvalue() == "Indexed for the search: article 11, question 25, clinic 2, page 4\n"
    assert is_complete()
    said = io.StringIO()
    call_command("reindex_search", if_incomplete=True, stdout=said)
    assert said.getvalue() == ""


def test_indexing_anew_forgets_what_is_gone():
    Question.objects.all().delete()
    reindex()
    assert not SearchDocument.objects.filter(kind="question").exists()
    assert is_complete()


# What readers did not find -------------------------------------------------------------------


def test_a_search_without_a_result_is_counted_once_for_each_asking(client):
    with time_machine.travel(NOW, tick=False):
        for typed in ("Zebrafinch", "zebrafinch "):
            client.get("/search/", {"q": typed})
        client.head("/search/", {"q": "zebrafinch"})
        client.get("/search/", {"q": "zebrafinch ketamine"})
        client.get("/search/", {"q": "ketamine"})
    row = MissedSearch.objects.get()
    assert (row.term, row.count, row.last_on) == ("zebrafinch", 2, timezone.localdate(NOW))


def test_editors_see_what_was_missed_most_often_first_and_can_clear_it(client):
    client.force_login(User.objects.create_superuser("editor"))
    for term, count in (("seldom", 1), ("often", 9), ("sometimes", 3)):
        MissedSearch.objects.create(term=term, count=count, last_on=NOW - timedelta(days=1))
    page = text_of(client.get("/admin/core/missedsearch/"))
    assert page.index("often") < page.index("sometimes") < page.index("seldom")
    assert client.get("/admin/core/missedsearch/add/").status_code == 403
    pks = list(MissedSearch.objects.values_list("pk", flat=True))
    post = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    assert client.post("/admin/core/missedsearch/", post).status_code == 302
    assert not MissedSearch.objects.exists()
