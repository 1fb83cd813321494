"""What a page may cost, in figures that do not depend on the machine: queries, bytes, requests."""

import re
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from clinic_site.core.models import Picture, Rendition
from clinic_site.core.page_cache import BROTLI_QUALITY
from clinic_site.core.site_wide import STAMP
from tests.factories.articles import (
    add_callout,
    add_evidence,
    add_figure,
    add_prose,
    make_article,
    make_picture,
    make_reference,
    make_review,
    make_topic,
)
from tests.factories.consults import make_front_desk, make_recipient, make_request
from tests.factories.locations import make_hours, make_location
from tests.factories.posts import make_post

pytestmark = pytest.mark.django_db

ARTICLE = "/articles/what-to-expect-at-a-ketamine-infusion/"
MOST_QUERIES = 6  # of an article, however much is in it
FIRST_FLIGHT = 14_000  # bytes: what a server sends before it waits for the first answer
MOST_SCRIPT = 6_000
MOST_FIRST_VIEW = 95_000


@pytest.fixture
def reader() -> Callable[[str], int]:
    """Return what asks for a page as the page cache does, and gives the number of its queries."""
    client = Client(**{STAMP: "a stamp of this test"})

    def queries(path: str) -> int:
        assert client.get(path).status_code == 200, path
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    return queries


def rich_article(*, blocks: int = 3, sources: int = 15, pictures: int = 3, reviews: int = 2, **fields) -> Article:
    """Return an article with three times so many blocks of words, and so much of everything else."""
    article = make_article(**fields)
    keys = [f"source{article.pk}x{number}" for number in range(sources)]
    for key in keys:
        make_reference(key)
    for number in range(blocks):
        add_prose(article, "<p>So it is" + "".join(f" [@{key}]" for key in keys) + f".</p><h2>{number}</h2>")
        add_callout(article)
        add_evidence(article)
    for number in range(pictures):
        picture = make_picture(title=f"Room {number}")
        Rendition.objects.bulk_create(
            Rendition(picture=picture, shape="whole", kind=kind, width=480, height=300, file=f"{picture.pk}.{kind}")
            for kind in ("avif", "jpg")
        )
        add_figure(article, picture=picture)
    for _ in range(reviews):
        make_review(article)
    return article


def test_an_article_takes_six_queries(reader):
    make_location(name="Birmingham")
    article = rich_article()
    for _ in range(5):
        rich_article(topic=article.topic, blocks=1, sources=1, pictures=0)
    assert len(article.blocks()) == 12
    assert reader(article.get_absolute_url()) <= MOST_QUERIES


def test_an_article_takes_as_many_queries_for_a_hundred_of_everything(reader):
    small = rich_article(blocks=1, sources=1, pictures=1, reviews=1)
    few = reader(small.get_absolute_url())
    large = rich_article(blocks=33, sources=100, pictures=100, reviews=100, topic=small.topic)
    make_article(topic=small.topic)
    assert reader(large.get_absolute_url()) == few


LISTS = ["/", "/articles/", "/articles/topics/shared/", "/locations/", "/consult/", "/search/?q=short"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_a_hundred_rows_as_for_one(reader, path):
    topic = make_topic(slug="shared")

    def fill(first: int, last: int) -> None:
        from articles.search import index_article

        for number in range(first, last):
            make_hours(make_location(name=f"Clinic {number}"))
            article = make_article(topic=topic)
            make_review(article)
            index_article(article)

    fill(0, 1)
    # A second page is one more question, and there is none yet.
    fill(1, 14)
    few = reader(path)
    fill(14, 100)
    assert reader(path) == few


def test_a_request_takes_one_question_and_seven_writes(content):
    make_recipient("desk@clinic.example")
    client = Client(**{STAMP: "a stamp of this test alone"})
    assert client.post("/consult/", make_post(name="Dana Whitfield")).status_code == 303
    with CaptureQueriesContext(connection) as captured:
        assert client.post("/consult/", make_post(name="Robin Whitfield")).status_code == 303
    begins_and_ends = ("SAVEPOINT", "RELEASE")
    kinds = [query["sql"].split()[0] for query in captured if not query["sql"].startswith(begins_and_ends)]
    assert kinds == ["SELECT"] + ["INSERT"] * 7


@pytest.mark.parametrize("path", ["/admin/", "/admin/consults/consultrequest/"])
def test_the_desk_takes_as_many_queries_for_a_hundred_requests_as_for_one(client, path):
    make_request(location=make_location())
    client.force_login(make_front_desk())

    def queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    few = queries()
    for _ in range(99):
        make_request()
    assert queries() == few


# Bytes and requests ---------------------------------------------------------------------------------


def compressed(data: bytes, *, quality: int = 11) -> int:
    return len(brotli.compress(data, quality=quality))


def static_file(address: str) -> bytes:
    return (Path(settings.STATIC_ROOT) / address.removeprefix(settings.STATIC_URL)).read_bytes()


def needed_first(html: str) -> set[str]:
    """Return the addresses of all that a browser fetches for the first view, but pictures further down."""
    found = re.findall(r'<link rel="(?:preload|stylesheet)" href="([^"]+)"', html)
    found += re.findall(r'<script type="module" src="([^"]+)"', html)
    found += [address for tag in re.findall(r"<img [^>]+>", html) if "lazy" not in tag
              for address in re.findall(r'src="([^"]+)"', tag)]  # fmt: skip
    return set(found)


@pytest.mark.parametrize("path", ["/", ARTICLE])
def test_the_first_view_fits_its_budget(content, client, path):
    html = client.get(path).content.decode()
    sizes = {path: compressed(html.encode(), quality=BROTLI_QUALITY)}
    for address in needed_first(html):
        is_font = address.endswith(".woff2")
        body = static_file(address) if address.startswith(settings.STATIC_URL) else client.get(address).content
        sizes[address] = len(body) if is_font else compressed(body)
    # The page, its style sheet, three fonts, and where there are any a script or two and the picture at the top.
    assert len(sizes) <= 8, sizes
    assert sum(sizes.values()) <= MOST_FIRST_VIEW, sizes


def test_every_font_is_preloaded(content, client):
    """One that the first layout has to find arrives after the first paint, and the page is laid out once more."""
    fonts = re.findall(r"url\(\"?\.\./(fonts/[^\")]+)", static_file(staticfiles_storage.url("css/site.css")).decode())
    assert fonts
    html = client.get("/").content.decode()
    assert {f"{settings.STATIC_URL}{name}" for name in fonts} == {
        address for address in needed_first(html) if address.endswith(".woff2")
    }


@pytest.mark.parametrize(("path", "first_screen"), [("/", 'id="start"'), (ARTICLE, '<section class="facts"')])
def test_style_sheet_and_first_screen_are_in_the_first_flight(content, client, path, first_screen):
    """The server need not wait for an answer before everything that the first screen shows is on its way."""
    html = client.get(path).content.decode()
    until = html.index(first_screen)
    css = compressed(static_file(staticfiles_storage.url("css/site.css")))
    assert css + compressed(html[:until].encode(), quality=BROTLI_QUALITY) <= FIRST_FLIGHT


@pytest.mark.parametrize("path", ["/", ARTICLE, "/consult/", "/locations/birmingham/"])
def test_no_script_stands_in_the_critical_path_and_all_are_small(content, client, path):
    html = client.get(path).content.decode()
    scripts = [tag for tag in re.findall(r"<script\b[^>]*>", html) if "ld+json" not in tag]
    # Modules wait until the page has been read.
    assert all('type="module"' in tag for tag in scripts)
    assert '<link rel="preload"' in html.partition('rel="stylesheet"')[0]
    every = [path.read_bytes() for path in (settings.BASE_DIR / "static/js").glob("*.js")
             if not path.name.startswith(("admin-", "sign"))]  # fmt: skip
    assert sum(map(compressed, every)) <= MOST_SCRIPT


def test_pictures_offer_each_screen_its_size(client):
    article = make_article()
    picture = make_picture()
    Rendition.objects.bulk_create(
        Rendition(picture=picture, shape="whole", kind=kind, width=width, height=width, file=f"{width}.{kind}")
        for kind in ("avif", "webp", "jpg")
        for width in (480, 800)
    )
    add_figure(article, picture=Picture.objects.get(pk=picture.pk))
    html = client.get(article.get_absolute_url()).content.decode()
    assert html.count("480w") == html.count("800w") == 3
    assert 'loading="lazy"' in html
