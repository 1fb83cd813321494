import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic_site.core.models import ClinicIdentity
from tests.caching import PUBLIC
from tests.factories.articles import (
    NOW,
    add_callout,
    add_evidence,
    add_prose,
    make_article,
    make_question,
    make_reference,
    make_review,
    make_text,
    make_topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen(db):
    ClinicIdentity.objects.create(name="Example Clinic", phone="+12055572253")
    with time_machine.travel(NOW, tick=False):
        yield


def queries_of(client, path: str) -> int:
    client.get(path)  # fills what is only read once
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


# Lists ---------------------------------------------------------------------------------------


def test_the_list_holds_published_articles_newest_first(client):
    old = make_article(published_at=NOW - timedelta(days=3))
    new = make_article(published_at=NOW)
    make_article(published_at=NOW + timedelta(seconds=1))
    make_article(published_at=None)
    response = client.get("/articles/")
    assert list(response.context["page_obj"]) == [new, old]
    assert list(response.context["topics"]) == [old.topic, new.topic]
    assert response.context["topic"] is None
    assert response.headers["Cache-Control"] == PUBLIC
    assert "Set-Cookie" not in response.headers


def test_a_scheduled_article_appears_at_its_minute(client):
    article = make_article(published_at=NOW + timedelta(minutes=5))
    assert client.get(article.get_absolute_url()).status_code == 404
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert client.get(article.get_absolute_url()).status_code == 200
        assert list(client.get("/articles/").context["page_obj"]) == [article]


def test_a_topic_holds_its_own_articles(client):
    safety, visit = make_topic(name="Safety", position=2), make_topic(name="Your visit", position=1)
    make_topic(name="Empty")
    article = make_article(topic=safety)
    make_article(topic=visit)
    response = client.get(safety.get_absolute_url())
    assert list(response.context["page_obj"]) == [article]
    assert response.context["topic"] == safety
    assert list(response.context["topics"]) == [visit, safety]
    assert response.context["meta"].title == "Safety"


def test_a_topic_without_articles_says_so_and_is_not_indexed(client):
    topic = make_topic()
    make_article(topic=topic, published_at=None)
    response = client.get(topic.get_absolute_url())
    assert response.status_code == 200
    assert list(response.context["page_obj"]) == []
    assert response.context["meta"].robots == "noindex"


def test_unknown_topics_and_articles_are_not_found(client):
    assert client.get("/articles/topics/gone/").status_code == 404
    assert client.get("/articles/gone/").status_code == 404


def test_thirteen_articles_make_two_pages_with_addresses_of_their_own(client):
    articles = [make_article(published_at=NOW - timedelta(days=days)) for days in range(13)]
    first, second = client.get("/articles/"), client.get("/articles/?page=2")
    assert list(first.context["page_obj"]) == articles[:12]
    assert list(second.context["page_obj"]) == articles[12:]
    assert first.context["meta"].canonical_url == "http://clinic.example/articles/"
    assert second.context["meta"].canonical_url == "http://clinic.example/articles/?page=2"
    assert first.context["meta"].title != second.context["meta"].title


@pytest.mark.parametrize("path", ["/articles/", "/articles/topics/safety/"])
def test_the_first_page_has_one_address(client, path):
    make_article(topic=make_topic(slug="safety"))
    response = client.get(path, {"page": "1"})
    assert (response.status_code, response.headers["Location"]) == (301, path)
    assert client.get(path, {"other": "1"}).context["meta"].path == path


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "", "01", "1.0", " 1", "²", "٢", "1" * 5000, "1\0", "last"])
def test_pages_that_are_not_there_are_not_found(client, number):
    make_article()
    assert client.get("/articles/", {"page": number}).status_code == 404


@pytest.mark.parametrize("path", ["/articles/", "/questions/", "/articles/some-article/", "/articles/topics/safety/"])
def test_pages_are_for_reading(client, path):
    make_article(slug="some-article", topic=make_topic(slug="safety"))
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


# One article ---------------------------------------------------------------------------------


def test_an_article_brings_everything_its_page_shows(client):
    make_reference("a")
    make_text("off-label", "<p>Off-label [@a].</p>")
    article = make_article(title="Is it?", key_facts="Fact [@a].")
    add_prose(article, "<h2>Why</h2><p>So [@a].</p>")
    article.count_words()
    make_review(article)

    context = client.get(article.get_absolute_url()).context

    assert context["article"].key_facts_html[0].startswith("Fact<sup>")
    assert context["article"].standfirst_html == "The short answer."
    assert context["article"].reading_minutes == 1
    assert context["article"].review.reviewer_name == "Robin Example, MD"
    assert str(context["article"].review.next_due_on) == "2027-11-01"
    assert [block.kind for block in context["blocks"]] == ["prose"]
    assert context["contents"][0].text == "Why"
    assert len(context["citations"]) == 1
    assert "cite-1-2" in context["texts"]["off_label"].body
    meta = context["meta"]
    assert (meta.title, meta.description, meta.og_type) == ("Is it?", article.summary, "article")
    assert (meta.published_at, meta.modified_at) == (article.published_at, article.modified_at)


def test_related_articles_are_of_the_same_topic_first_then_the_newest(client):
    topic = make_topic()
    article = make_article(topic=topic)
    same_old = make_article(topic=topic, published_at=NOW - timedelta(days=90))
    other_new = make_article(published_at=NOW)
    other_old = make_article(published_at=NOW - timedelta(days=30))
    make_article(published_at=NOW - timedelta(days=60))
    make_article(topic=topic, published_at=NOW + timedelta(days=1))
    response = client.get(article.get_absolute_url())
    assert list(response.context["related"]) == [same_old, other_new, other_old]


def test_a_void_review_is_not_shown_and_the_newest_that_stands_is(client):
    article = make_article()
    make_review(article, credential="DO", reviewed_on="2026-10-01")
    newest = make_review(article, reviewed_on="2026-11-20", voided_at=timezone.now())
    shown = client.get(article.get_absolute_url()).context["article"].review
    assert shown.credential == "DO"
    assert shown != newest


# Questions -----------------------------------------------------------------------------------


def test_questions_show_what_editors_show(client):
    make_reference("a")
    question = make_question(answer="<p>Yes [@a].</p>")
    make_question(is_shown=False)
    response = client.get("/questions/")
    assert response.context["groups"] == [("About ketamine", [question])]
    assert response.context["groups"][0][1][0].answer_html.startswith("<p>Yes<sup>")
    assert len(response.context["citations"]) == 1
    assert response.headers["Cache-Control"] == PUBLIC


# Queries -------------------------------------------------------------------------------------


def fill(topic, count: int) -> None:
    for _ in range(count):
        article = make_article(topic=topic, key_facts="Fact [@a].")
        add_prose(article)
        add_callout(article)
        add_evidence(article)
        make_review(article)


@pytest.mark.parametrize("path", ["/articles/", "/articles/topics/safety/", "/articles/some-article/", "/questions/"])
def test_a_page_asks_the_database_as_often_for_one_as_for_thirty(client, path):
    make_reference("a")
    topic = make_topic(slug="safety")
    make_review(make_article(slug="some-article", topic=topic))
    make_question(answer="<p>Yes [@a].</p>")
    fill(topic, 1)
    for_one = queries_of(client, path)
    fill(make_topic(), 28)
    for number in range(29):
        make_reference(f"more{number}")
        make_question(answer=f"<p>Yes [@more{number}].</p>")
    fill(topic, 1)
    assert queries_of(client, path) == for_one


# Page numbers (A39) --------------------------------------------------------------------------

LISTS = ["/articles/", "/articles/topics/safety/"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "999999", "9" * 5000, "", "\0", "१", "2"])
def test_a39_a_page_beyond_the_list_or_no_number_at_all_is_not_found(client, path, number):
    make_article(topic=make_topic(slug="safety"))
    assert client.get(path, {"page": number}).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_a39_each_page_of_a_list_has_one_address_and_names_its_neighbours(client, path):
    topic = make_topic(slug="safety")
    articles = [make_article(topic=topic, published_at=NOW - timedelta(days=days)) for days in range(30)]
    base = f"http://clinic.example{path}"
    expected = {
        "": (base, None, f"{base}?page=2"),
        "?page=2": (f"{base}?page=2", base, f"{base}?page=3"),
        "?page=3": (f"{base}?page=3", f"{base}?page=2", None),
        "?page=2&page=3": (f"{base}?page=3", f"{base}?page=2", None),  # the last one counts
        "?PAGE=2": (base, None, f"{base}?page=2"),
    }
    for query, addresses in expected.items():
        page = client.get(path + query).content.decode()
        found = [
            (match[1] if (match := re.search(rf'<link rel="{name}" href="([^"]+)">', page)) else None)
            for name in ("canonical", "prev", "next")
        ]
        assert tuple(found) == addresses, query
        links = re.findall(r'<a [^>]*rel="(?:prev|next)" href="([^"]+)"', page)
        assert [f"http://clinic.example{link}" for link in links] == [each for each in addresses[1:] if each], query
    assert 'Next page<span class="vh">: page 2 of 3</span>' in client.get(path).content.decode()
    assert client.get(f"{path}?page=1").headers["Location"] == path

    for article in articles[12:]:  # withdrawn, so that one page is left
        article.withdrawn_at = NOW
        article.save()
    assert client.get(f"{path}?page=2").status_code == 404
    page = client.get(path).content.decode()
    assert 'rel="next"' not in page
    assert len(client.get(path).context["page_obj"]) == 12


def test_a39_an_empty_list_says_so_kindly(client):
    response = client.get("/articles/")
    assert response.status_code == 200
    assert "There is nothing here yet" in response.content.decode()
    assert client.get("/articles/?page=2").status_code == 404
