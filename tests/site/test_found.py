"""How the site is found: one address everywhere, sitemap, robots, structured data on every page."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import extruct
import html5lib
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from lxml import etree

from articles.models import Article, Question
from clinic_site import sitemaps
from clinic_site.core.models import Page
from locations.models import Location
from tests.caching import PUBLIC
from tests.factories.articles import make_article, make_question, make_topic

from .pages import ARTICLES, PATHS

pytestmark = [pytest.mark.django_db]

XMLNS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("sitemap.xsd")))
CHICAGO = ZoneInfo("America/Chicago")
HOSTS = [{"host": "clinic.example"}, {"host": "127.0.0.1:8000"}, {"host": "localhost"}, {"x-forwarded-proto": "https"}]


def sitemap_of(client, path: str) -> dict[str, str | None]:
    """The addresses of one file of the sitemap, each with its lastmod."""
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert response.headers["Cache-Control"] == PUBLIC
    root = etree.fromstring(response.content)
    SCHEMA.assertValid(root)
    return {entry.findtext("s:loc", None, XMLNS): entry.findtext("s:lastmod", None, XMLNS) for entry in root}


def whole_sitemap(client) -> dict[str, str | None]:
    files = sitemap_of(client, "/sitemap.xml")
    return {
        loc: lastmod
        for file in files
        for loc, lastmod in sitemap_of(client, file.removeprefix("http://clinic.example")).items()
    }


def as_seen(html: str) -> str:
    """What a reader's browser takes the page for."""
    return html5lib.parse(html, namespaceHTMLElements=False)


# The sitemap ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
def test_a28_the_sitemap_holds_every_page_and_each_answers_at_once(client):
    found = whole_sitemap(client)
    assert {f"http://clinic.example{path}" for path in PATHS} <= set(found)
    for loc in found:
        assert client.get(loc.removeprefix("http://clinic.example")).status_code == 200, loc


@pytest.mark.usefixtures("content")
def test_a28_lastmod_is_when_the_content_changed(client):
    changed = datetime(2026, 7, 4, 12, tzinfo=CHICAGO)
    for model in (Article, Page, Location):
        model.objects.update(modified_at=changed)
    Article.objects.update(published_at=changed - timedelta(days=1))
    Question.objects.update(modified_at=changed)
    found = whole_sitemap(client)
    for path in (
        *ARTICLES,
        "/articles/",
        "/articles/topics/conditions/",
        "/about/",
        "/locations/auburn/",
        "/questions/",
    ):
        assert found[f"http://clinic.example{path}"] == "2026-07-04T12:00:00-05:00", path
    assert found["http://clinic.example/consult/"] is None
    files = sitemap_of(client, "/sitemap.xml")
    assert files["http://clinic.example/sitemap-articles-1.xml"] == "2026-07-04T12:00:00-05:00"
    assert files["http://clinic.example/sitemap-consults-1.xml"] is None


def test_a26_the_sitemap_names_nothing_that_readers_cannot_open(client):
    now = timezone.now()
    make_article(slug="zebrafinch-draft", published_at=None, topic=make_topic(slug="zebrafinch-topic"))
    make_article(slug="zebrafinch-later", published_at=now + timedelta(days=1))
    make_article(slug="zebrafinch-gone", published_at=now - timedelta(days=2), withdrawn_at=now)
    Page.objects.create(slug="zebrafinch", title="x", summary="x", body="<p>x</p>", is_shown=False)
    found = whole_sitemap(client)
    assert not [loc for loc in found if "zebrafinch" in loc]
    assert "http://clinic.example/articles/" not in found  # empty, so it asks not to be indexed


def test_a25_an_article_is_in_the_sitemap_and_on_the_home_page_from_its_moment_on(client):
    moment = datetime(2026, 6, 1, 9, tzinfo=CHICAGO)
    article = make_article(published_at=moment)
    Article.objects.update(modified_at=moment - timedelta(days=9))
    loc = f"http://clinic.example{article.get_absolute_url()}"
    with time_machine.travel(moment - timedelta(seconds=1), tick=False):
        assert loc not in whole_sitemap(client)
        assert article.title not in client.get("/").content.decode()
    with time_machine.travel(moment, tick=False):
        assert whole_sitemap(client)[loc] == "2026-06-01T09:00:00-05:00"
        assert article.title in client.get("/").content.decode()


def test_a_file_of_the_sitemap_holds_no_more_than_it_may(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "ADDRESSES_A_FILE", 2)
    topic = make_topic()
    for _ in range(5):
        make_article(topic=topic, published_at=timezone.now())
    files = [file for file in sitemap_of(client, "/sitemap.xml") if "articles" in file]
    assert [file[-14:] for file in files] == [f"articles-{number}.xml" for number in (1, 2, 3, 4)]
    assert [len(sitemap_of(client, file.removeprefix("http://clinic.example"))) for file in files] == [2, 2, 2, 2]
    assert sitemaps.ADDRESSES_A_FILE <= 1000


@pytest.mark.parametrize(
    "name", ["articles-0", "articles-2", "articles-99999", "articles-" + "9" * 5000, "nothing-1", "articles-x", "-1"]
)
def test_files_that_are_not_there_are_not_found(client, name):
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


# One address, whatever was asked for ------------------------------------------------------------


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("headers", HOSTS, ids=str)
def test_a28_every_address_starts_with_the_one_configured(settings, headers):
    settings.SITE_URL = "https://www.clinic.example"
    settings.ALLOWED_HOSTS = ["clinic.example", "127.0.0.1", "localhost", "testserver"]
    client = Client(headers=headers)
    ours = "https://www.clinic.example/"
    for path in ("/sitemap.xml", "/sitemap-articles-1.xml", "/sitemap-pages-1.xml", "/sitemap-locations-1.xml"):
        locs = re.findall(r"<loc>(.*?)</loc>", client.get(path).content.decode())
        assert locs, path
        assert all(loc.startswith(ours) for loc in locs), path
    assert f"Sitemap: {ours}sitemap.xml\n" in client.get("/robots.txt").content.decode()
    for path in ("/feed/", "/feed/rss/"):
        text = client.get(path).content.decode()
        addresses = re.findall(r'https?://[^\s"<&]+', text)
        allowed = (ours, "http://www.w3.org/", "http://purl.org/", "https://doi.org/")
        assert len(addresses) > 10
        assert all(f"{address}/".startswith(allowed) for address in addresses), path
    for path in (ARTICLES[0], "/", "/locations/auburn/", "/articles/"):
        page = client.get(path).content.decode()
        document = as_seen(page)
        assert [link.get("href") for link in document.iter("link") if link.get("rel") == "canonical"] == [
            f"{ours}{path[1:]}"
        ]
        feeds = [link.get("href") for link in document.iter("link") if link.get("rel") == "alternate"]
        assert feeds == [f"{ours}feed/", f"{ours}feed/rss/"]
        found = {meta.get("property"): meta.get("content") for meta in document.iter("meta")}
        assert found["og:url"] == f"{ours}{path[1:]}"
        assert found["og:image"].startswith(f"{ours}og/")
        (data,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
        for item in data["@graph"]:
            item.pop("citation", None)  # sources live elsewhere
        addresses = re.findall(r'https?://[^"]+', json.dumps(data["@graph"]))
        assert len(addresses) > 1
        assert all(address.startswith(ours) for address in addresses), addresses
        for host in ("127.0.0.1", "localhost", "example.com", "http://clinic", "testserver"):
            assert host not in page, (path, host)


def test_a28_a_site_for_tests_keeps_itself_out_of_search_engines(settings):
    assert "X-Robots-Tag" not in Client().get("/").headers
    settings.SITE_IS_PUBLIC = False
    client = Client(raise_request_exception=False)
    assert "Sitemap:" not in client.get("/robots.txt").content.decode()
    for path in ("/", "/robots.txt", "/sitemap.xml", "/feed/", "/not/there/", "/admin/login/"):
        assert client.get(path).headers["X-Robots-Tag"] == "noindex, nofollow", path
    response = client.get("/static/css/site.css")
    assert (response.status_code, response.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
    response.close()


def test_robots_leaves_alone_what_is_not_for_searching(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/admin/", "/consult/thanks/", "/preview/", "/search/?"):
        assert f"Disallow: {path}" in lines


# Structured data on every page ---------------------------------------------------------------


@pytest.mark.usefixtures("content")
def test_breadcrumbs_say_what_the_page_shows(client):
    for path in PATHS:
        page = client.get(path).content.decode()
        (data,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
        lists = [item for item in data["@graph"] if item["@type"] == "BreadcrumbList"]
        if path == "/":
            assert lists == []
            continue
        items = lists[0]["itemListElement"]
        assert [item["position"] for item in items] == list(range(1, len(items) + 1))
        crumbs = next(nav for nav in as_seen(page).iter("nav") if nav.get("class") == "crumbs")
        shown = [(link.text, "http://clinic.example" + link.get("href")) for link in crumbs.iter("a")]
        assert shown == [(item["name"], item["item"]) for item in items[:-1]], path
        assert items[-1]["item"] == f"http://clinic.example{path}"
        assert len(items) >= 2


@pytest.mark.usefixtures("content")
def test_no_page_makes_a_claim_to_machines(client):
    allowed = {
        "BreadcrumbList",
        "CreativeWork",
        "ListItem",
        "MedicalClinic",
        "MedicalWebPage",
        "Organization",
        "Person",
        "PostalAddress",
        "WebPage",
    }
    types, keys = set(), set()

    def walk(value) -> None:
        if isinstance(value, dict):
            types.add(value.get("@type"))
            keys.update(value)
            list(map(walk, value.values()))
        elif isinstance(value, list):
            list(map(walk, value))

    for path in PATHS:
        walk(extruct.extract(client.get(path).content.decode(), syntaxes=["json-ld"])["json-ld"])
    assert types - {None} <= allowed
    claims = {"about", "possibleTreatment", "indication", "drug", "aggregateRating", "review", "potentialAction"}
    unknown = {"geo", "openingHoursSpecification", "lastReviewed", "reviewedBy", "medicalSpecialty", "priceRange"}
    assert keys & (claims | unknown) == set()


@pytest.mark.usefixtures("content")
def test_pages_not_for_searching_carry_no_structured_data(client):
    page = client.get("/not/there/").content.decode()
    for words in ("ld+json", "canonical", "og:image", "og:url"):
        assert words not in page, words


NASTY = ['</script><script>alert(1)</script> & "x"', "<!--<script>", "A\u2028B"]


@pytest.mark.parametrize("text", NASTY)
def test_a29_no_question_and_no_answer_breaks_out(client, text):
    plain = client.get("/questions/").content.decode()
    make_question(question=text, answer=f"<p>{text}</p>")
    page = client.get("/questions/").content.decode()
    count = len(list(as_seen(plain).iter("script")))
    document = as_seen(page)
    assert len(list(document.iter("script"))) == count
    assert text in [heading.text for heading in document.iter("h3")]
    (data,) = [script.text for script in document.iter("script") if script.get("type") == "application/ld+json"]
    assert json.loads(data)["@graph"]
