"""The feeds, read as feed readers read them."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import feedparser
import html5lib
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from articles.models import Article, Topic
from clinic_site.core.models import ClinicIdentity
from tests.caching import PUBLIC
from tests.factories.articles import NOW, make_article, make_reference, make_text, make_topic

pytestmark = pytest.mark.django_db

FEEDS = ["/feed/", "/feed/rss/"]
CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture(autouse=True)
def _frozen(db):
    ClinicIdentity.objects.create(name="Example & Clinic", phone="+12055572253")
    with time_machine.travel(NOW, tick=False):
        yield


def read(client, path: str):
    response = client.get(path)
    assert response.status_code == 200
    etree.fromstring(response.content)  # raises unless well-formed
    feed = feedparser.parse(response.content)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.mark.parametrize(("path", "version"), [("/feed/", "atom10"), ("/feed/rss/", "rss20")])
def test_a_feed_says_what_readers_of_feeds_need(client, path, version):
    topic = make_topic(name="Safety & risks")
    article = make_article(title="Is it <safe> & sound?", slug="is-it", topic=topic, summary="Whether “it” is.")
    feed = read(client, path)
    assert feed.version == version
    assert feed.feed.title == "Example & Clinic: articles"
    assert feed.feed.link == "http://clinic.example/articles/"
    assert {"http://clinic.example" + path} <= {link.href for link in feed.feed.links}
    (entry,) = feed.entries
    # feedparser takes titles for HTML, as readers of RSS do; the XML below says what was meant.
    assert entry.link == "http://clinic.example/articles/is-it/"
    assert entry.id == f"tag:clinic.example,2026:article-{article.pk}"
    assert entry.summary == "Whether “it” is."
    assert entry.author == "Example & Clinic"
    assert [tag.term for tag in entry.tags] == ["Safety & risks"]
    assert datetime(*entry.published_parsed[:6]) == datetime(2026, 11, 24, 15, 10)
    root = etree.fromstring(client.get(path).content)
    assert "Is it <safe> & sound?" in [element.text for element in root.iter() if element.tag.endswith("title")]


def test_dates_carry_the_offset_of_alabama(client):
    make_article(published_at=datetime(2026, 6, 1, 23, 30, tzinfo=CHICAGO))
    Article.objects.update(modified_at=datetime(2026, 6, 2, 9, tzinfo=CHICAGO))
    atom, rss = (client.get(path).content.decode() for path in FEEDS)
    assert "<published>2026-06-01T23:30:00-05:00</published>" in atom
    assert atom.count("<updated>2026-06-02T09:00:00-05:00</updated>") == 2
    assert "<pubDate>Mon, 01 Jun 2026 23:30:00 -0500</pubDate>" in rss


@pytest.mark.parametrize("path", FEEDS)
def test_a25_an_article_is_in_the_feed_from_its_moment_on(client, path):
    moment = datetime(2026, 6, 1, 9, tzinfo=CHICAGO)
    make_article(published_at=moment)
    for before, count in ((timedelta(seconds=1), 0), (timedelta(0), 1)):
        with time_machine.travel(moment - before, tick=False):
            response = client.get(path)
            assert len(feedparser.parse(response.content).entries) == count
            assert response.headers["Cache-Control"] == PUBLIC


def test_an_article_is_never_older_than_its_publication(client):
    make_article(published_at=NOW - timedelta(hours=1))
    Article.objects.update(modified_at=NOW - timedelta(days=30))  # written long before
    entry = read(client, "/feed/").entries[0]
    assert entry.updated == entry.published == "2026-11-25T08:10:00-06:00"


@pytest.mark.parametrize("path", FEEDS)
def test_a26_what_is_not_published_is_in_no_feed(client, path):
    make_article(title="zebrafinch draft", published_at=None)
    make_article(title="zebrafinch later", published_at=NOW + timedelta(seconds=1))
    make_article(title="zebrafinch gone", withdrawn_at=NOW - timedelta(seconds=1), published_at=NOW - timedelta(days=2))
    response = client.get(path)
    assert response.status_code == 200
    assert "zebrafinch" not in response.content.decode()


@pytest.mark.parametrize("path", FEEDS)
def test_the_newest_twenty_are_there_newest_first(client, path):
    articles = [make_article(published_at=NOW - timedelta(hours=hours)) for hours in range(22)]
    links = [entry.link for entry in read(client, path).entries]
    assert links == [f"http://clinic.example{article.get_absolute_url()}" for article in articles[:20]]


@pytest.mark.parametrize("path", FEEDS)
def test_the_text_carries_sources_and_the_off_label_box_and_only_full_links(client, path):
    make_reference("a")
    make_reference("b")
    make_text("off-label", '<p>Off-label [@b]. See <a href="/about/">us</a>.</p>', heading="Off-label & so on")
    article = make_article(slug="is-it", standfirst="Perhaps <b> [@a].", key_facts="One [@a].\nTwo.")
    (entry,) = read(client, path).entries
    html = entry.content[0].value
    links = re.findall(r'href="([^"]*)"', html)
    page = "http://clinic.example/articles/is-it/"
    assert links == [f"{page}#ref-1", f"{page}#ref-1", f"{page}#ref-2", "http://clinic.example/about/", page]
    assert "Perhaps &lt;b&gt;" in html
    assert " id=" not in html
    shown = client.get(article.get_absolute_url()).content.decode()
    assert 'id="ref-2"' in shown  # the numbers are those of the page
    html5lib.HTMLParser(strict=True).parseFragment(html)


def test_a_page_that_is_not_medical_has_no_off_label_box(client):
    make_text("off-label", "<p>Off-label.</p>")
    make_article(is_medical=False)
    assert "Off-label" not in client.get("/feed/").content.decode()


DIRTY = "x\x0b\x08\x1f\x00\ufffey"


@pytest.mark.parametrize("path", FEEDS)
def test_a30_control_characters_that_reached_the_database_do_not_reach_the_feed(client, path):
    good = make_article(title="Good one")
    bad = make_article(slug="bad")
    table, topics = Article._meta.db_table, Topic._meta.db_table
    dirty = DIRTY if connection.vendor == "sqlite" else DIRTY.replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET title=%s, summary=%s, standfirst=%s, key_facts=%s WHERE id=%s",  # noqa: S608
            [*[dirty] * 4, bad.pk],
        )
        cursor.execute(f"UPDATE {topics} SET name=%s WHERE id=%s", [dirty, bad.topic_id])  # noqa: S608
        cursor.execute("UPDATE core_clinicidentity SET name=%s", [dirty])
    entries = read(client, path).entries
    assert {entry.title for entry in entries} == {"xy", good.title}
    sitemap = client.get("/sitemap-articles-1.xml")
    assert sitemap.status_code == 200
    etree.fromstring(sitemap.content)


@pytest.mark.parametrize("path", [*FEEDS, "/sitemap-articles-1.xml", "/sitemap.xml"])
def test_a30_a_row_whose_address_cannot_be_written_is_left_out(client, path):
    good, bad = make_article(), make_article()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_article SET slug=%s WHERE id=%s", ["b\x0bad /", bad.pk])
    response = client.get(path)
    assert response.status_code == 200
    assert path == "/sitemap.xml" or good.get_absolute_url() in response.content.decode()


def test_an_empty_feed_is_a_feed(client):
    assert [read(client, path).entries for path in FEEDS] == [[], []]


@pytest.mark.parametrize("path", [*FEEDS, "/sitemap-articles-1.xml"])
def test_a_feed_asks_the_database_as_often_for_one_as_for_ten(client, path):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    make_reference("a")
    make_article(standfirst="X [@a].")
    before = queries()
    for number in range(9):
        make_reference(f"b{number}")
        make_article(standfirst=f"X [@b{number}].")
    assert queries() == before <= 6
