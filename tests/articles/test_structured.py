"""An article as machines read it: JSON-LD, the picture for sharing, what comes before and after."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import extruct
import html5lib
import pytest
import time_machine

from articles.models import Article
from clinic_site.core.models import ClinicIdentity
from tests.factories.articles import NOW, add_prose, make_article, make_reference, make_review, make_topic

pytestmark = pytest.mark.django_db

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture(autouse=True)
def clinic(db):
    with time_machine.travel(NOW, tick=False):
        yield ClinicIdentity.objects.create(name="Example Clinic", phone="+12055572253")


def page_of(client, article: Article) -> str:
    response = client.get(article.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def graph_of(page: str) -> dict[str, dict]:
    """The page's JSON-LD by type, as a parser of others finds it."""
    (data,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
    assert data["@context"] == "https://schema.org"
    return {item["@type"]: item for item in data["@graph"]}


def metas(page: str) -> dict[str, str]:
    document = html5lib.parse(page, namespaceHTMLElements=False)
    return {meta.get("property") or meta.get("name"): meta.get("content") for meta in document.iter("meta")}


# JSON-LD -------------------------------------------------------------------------------------


def test_an_article_is_described_with_what_is_known(client):
    make_reference("a", title="On a", authors="Doe J", year=2020, doi="10.1000/a")
    make_reference("b", title="On b", authors="", year=None)
    topic = make_topic(name="Safety", slug="safety")
    article = make_article(
        title="Is it?",
        slug="is-it",
        topic=topic,
        summary="Whether it is.",
        standfirst="Yes [@a].",
        published_at=datetime(2026, 6, 1, 23, 30, tzinfo=CHICAGO),
    )
    add_prose(article, "<p>So [@b].</p>")
    make_review(article)
    Article.objects.update(modified_at=datetime(2026, 6, 2, 9, tzinfo=CHICAGO))
    graph = graph_of(page_of(client, article))
    url, organization = "http://clinic.example/articles/is-it/", {"@id": "http://clinic.example/#organization"}
    page = dict(graph["MedicalWebPage"])
    assert page.pop("image").startswith("http://clinic.example/og/is-it/")
    assert page == {
        "@type": "MedicalWebPage",
        "@id": f"{url}#page",
        "url": url,
        "headline": "Is it?",
        "description": "Whether it is.",
        "inLanguage": "en-US",
        "datePublished": "2026-06-01T23:30:00-05:00",
        "dateModified": "2026-06-02T09:00:00-05:00",
        "author": organization,
        "publisher": organization,
        "lastReviewed": "2026-11-01",
        "reviewedBy": {"@type": "Person", "name": "Robin Example", "honorificSuffix": "MD"},
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
        "citation": [
            {
                "@type": "CreativeWork",
                "name": "On a",
                "author": "Doe J",
                "datePublished": "2020",
                "url": "https://doi.org/10.1000/a",
            },
            {"@type": "CreativeWork", "name": "On b"},
        ],
    }
    assert graph["Organization"] == {
        "@type": "Organization",
        "@id": organization["@id"],
        "name": "Example Clinic",
        "url": "http://clinic.example/",
        "telephone": "+1-205-557-2253",
    }
    assert [(item["name"], item["item"]) for item in graph["BreadcrumbList"]["itemListElement"]] == [
        ("Home", "http://clinic.example/"),
        ("Articles", "http://clinic.example/articles/"),
        ("Safety", "http://clinic.example/articles/topics/safety/"),
        ("Is it?", url),
    ]
    assert set(graph) == {"MedicalWebPage", "Organization", "BreadcrumbList"}


@pytest.mark.parametrize("state", ["never", "void", "not medical"])
def test_nobody_reviewed_what_nobody_stands_by(client, state):
    article = make_article(is_medical=state != "not medical")
    if state != "never":
        make_review(article, voided_at=NOW if state == "void" else None)
    page = page_of(client, article)
    assert "lastReviewed" not in page
    assert "reviewedBy" not in page
    assert ("MedicalWebPage" in graph_of(page)) is article.is_medical


def test_an_article_without_sources_cites_nothing(client):
    page = page_of(client, make_article())
    assert "citation" not in graph_of(page)["MedicalWebPage"]


NASTY = ['Ketamine</script><script>alert(1)</script> & "PTSD"', "<!--<script>", "A\u2028B\u2029C", "Fish &amp; chips"]


@pytest.mark.parametrize("title", NASTY)
def test_a29_no_title_breaks_out_of_the_head(client, clinic, title):
    plain = page_of(client, make_article())
    article = make_article(title=title, summary=title, topic=make_topic(name=title))
    ClinicIdentity.objects.update(name=title)
    page = page_of(client, article)

    def scripts(text: str) -> list:
        return list(html5lib.parse(text, namespaceHTMLElements=False).iter("script"))

    assert len(scripts(page)) == len(scripts(plain))
    (data,) = [script.text for script in scripts(page) if script.get("type") == "application/ld+json"]
    graph = {item["@type"]: item for item in json.loads(data)["@graph"]}
    assert graph["MedicalWebPage"]["headline"] == graph["MedicalWebPage"]["description"] == title
    assert graph["Organization"]["name"] == title
    assert [item["name"] for item in graph["BreadcrumbList"]["itemListElement"]][2:] == [title, title]
    found = metas(page)
    for name in ("description", "og:title", "og:description", "og:site_name"):
        assert found[name] == title, name
    assert found["og:image:alt"].endswith(title)
    document = html5lib.parse(page, namespaceHTMLElements=False)
    assert document.find(".//title").text == f"{title} | {title}"
    crumbs = next(nav for nav in document.iter("nav") if nav.get("class") == "crumbs")
    assert [link.text for link in crumbs.iter("a")] == ["Home", "Articles", title]
    assert "&amp;amp;amp;" not in page
    assert ("&amp;amp;" in page) is ("&amp;" in title)


# Sharing -------------------------------------------------------------------------------------


def test_an_article_brings_a_picture_that_can_be_fetched(client):
    article = make_article(title="Is it “safe”?", slug="is-it")
    found = metas(page_of(client, article))
    assert found["og:type"] == "article"
    assert found["twitter:card"] == "summary_large_image"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert found["og:image:alt"] == "Drawn hills and pines with the words: Is it “safe”?"
    response = client.get(found["og:image"].removeprefix("http://clinic.example"))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not response.cookies


def test_a_new_title_or_a_new_name_makes_a_new_address_and_the_old_one_leads_there(client):
    article = make_article(slug="is-it")
    first = metas(page_of(client, article))["og:image"]
    article.title = "Another title"
    article.save()
    second = metas(page_of(client, article))["og:image"]
    ClinicIdentity.objects.update(name="Another name")
    third = metas(page_of(client, article))["og:image"]
    assert len({first, second, third}) == 3
    response = client.get(first.removeprefix("http://clinic.example"))
    assert (response.status_code, response.headers["Location"]) == (302, third.removeprefix("http://clinic.example"))


@pytest.mark.parametrize("fields", [{"published_at": None}, {"published_at": NOW + timedelta(seconds=1)}])
def test_a26_an_article_that_is_not_published_has_no_picture(client, fields):
    article = make_article(slug="hidden")
    path = metas(page_of(client, article))["og:image"].removeprefix("http://clinic.example")
    Article.objects.update(**fields)
    assert client.get(path).status_code == 404
    Article.objects.update(published_at=NOW - timedelta(days=1), withdrawn_at=NOW)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/og/none/0123456789ab.jpg", "/og/none/x.jpg", "/og/%00/0123456789ab.jpg"])
def test_only_articles_that_are_there_are_drawn(client, path):
    assert client.get(path).status_code == 404


def test_every_other_page_has_the_picture_of_the_clinic(client):
    for path in ("/", "/articles/", "/locations/", "/consult/", "/questions/"):
        found = metas(client.get(path).content.decode())
        if path == "/articles/":
            assert "og:image" not in found  # empty, so not for search engines
            continue
        response = client.get(found["og:image"].removeprefix("http://clinic.example"))
        assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg"), path
    wrong = client.get("/og/0123456789ab.jpg")
    assert (wrong.status_code, wrong.headers["Location"]) == (
        302,
        found["og:image"].removeprefix("http://clinic.example"),
    )


# Before and after ----------------------------------------------------------------------------


def neighbours_of(client, article: Article) -> tuple:
    context = client.get(article.get_absolute_url()).context
    return context["earlier"], context["later"]


def test_an_article_leads_to_the_one_before_and_the_one_after(client):
    oldest = make_article(title="Oldest", published_at=NOW - timedelta(days=3))
    middle = make_article(published_at=NOW - timedelta(days=2))
    newest = make_article(title="Newest & best", published_at=NOW - timedelta(days=1))
    assert neighbours_of(client, oldest) == (None, middle)
    assert neighbours_of(client, middle) == (oldest, newest)
    assert neighbours_of(client, newest) == (middle, None)
    page = page_of(client, middle)
    assert f'<a rel="prev" href="{oldest.get_absolute_url()}">Oldest</a>' in page
    assert f'<a rel="next" href="{newest.get_absolute_url()}">Newest &amp; best</a>' in page


def test_articles_of_the_same_moment_are_walked_in_the_order_of_the_list(client):
    articles = [make_article(published_at=NOW) for _ in range(4)]
    listed = list(client.get("/articles/").context["page_obj"])
    assert sorted(listed, key=lambda article: article.pk) == articles
    for place, article in enumerate(listed):
        earlier, later = neighbours_of(client, article)
        assert later == (listed[place - 1] if place else None)
        assert earlier == (listed[place + 1] if place < 3 else None)


def test_a26_neither_neighbours_nor_related_articles_show_what_is_not_published(client):
    article = make_article(published_at=NOW - timedelta(days=2))
    make_article(title="zebrafinch draft", published_at=None)
    make_article(title="zebrafinch later", published_at=NOW + timedelta(seconds=1))
    make_article(title="zebrafinch gone", published_at=NOW - timedelta(days=1), withdrawn_at=NOW)
    page = page_of(client, article)
    assert "zebrafinch" not in page
    assert 'rel="next"' not in page


def test_a25_what_is_shown_says_the_day_in_alabama(client):
    article = make_article(published_at=datetime(2026, 6, 1, 23, 30, tzinfo=CHICAGO))
    Article.objects.update(modified_at=datetime(2026, 5, 20, 9, tzinfo=CHICAGO))
    page = page_of(client, article)
    assert '<time datetime="2026-06-01">June 1, 2026</time>' in page
    found = metas(page)
    assert found["article:published_time"] == found["article:modified_time"] == "2026-06-01T23:30:00-05:00"
    described = graph_of(page)["MedicalWebPage"]
    assert described["datePublished"] == described["dateModified"] == "2026-06-01T23:30:00-05:00"
