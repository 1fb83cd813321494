"""Guards over every public page: one heading, its own title, nothing foreign, nothing missing."""

import itertools
import re

import html5lib
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clinic_site.core.site_wide import STAMP

from .authorisation import SIGN_IN_ADDRESSES
from .pages import ARTICLES, ERROR_PATHS, PATHS, SEARCHES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content"), pytest.mark.urls("tests.urls")]

FILES = {
    "/robots.txt": "text/plain",
    "/site.webmanifest": "application/manifest+json",
    "/.well-known/security.txt": "text/plain",
    "/art/ketamine.svg": "image/svg+xml",
    "/sitemap.xml": "application/xml",
    "/sitemap-articles-1.xml": "application/xml",
    "/feed/": "application/atom+xml",
    "/feed/rss/": "application/rss+xml",
}


@pytest.fixture
def get():
    client = Client(raise_request_exception=False)
    return client.get


@pytest.fixture
def pages(get) -> dict[str, str]:
    return {path: get(path).content.decode() for path in [*PATHS, *SEARCHES, *ERROR_PATHS]}


def test_pages_answer_as_they_should(get):
    for path in PATHS:
        assert get(path).status_code == 200, path
    for path in SEARCHES:
        assert get(path).status_code == 200, path
    for path, status in ERROR_PATHS.items():
        assert get(path).status_code == status, path
    for path, content_type in FILES.items():
        response = get(path)
        assert response.status_code == 200, path
        assert response.headers["Content-Type"].startswith(content_type), path


def test_every_named_address_is_in_the_list_of_pages():
    """A new page must be added to tests/site/pages.py, so that every guard walks it."""
    walked = {get_resolver("clinic_site.urls").resolve(path).view_name for path in [*PATHS, *FILES, "/search/"]}
    walked |= {  # tested on their own
        "consults:thanks",
        "site:favicon",
        "site:media",
        "site:livez",
        "site:readyz",
        "site:metrics",
        "site:share-picture",
        "articles:share-picture",
        "articles:preview",
    }
    walked |= {name for _, name in SIGN_IN_ADDRESSES}  # not for readers: tests/site/test_signin_addresses.py
    assert set(named_patterns(get_resolver("clinic_site.urls"))) - walked == set()


def named_patterns(resolver: URLResolver, namespace: str = ""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield namespace + entry.name
        elif entry.namespace != "admin":
            yield from named_patterns(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def test_one_heading_one_title_and_no_skipped_level(pages):
    titles = {}
    for path, page in pages.items():
        assert len(re.findall(r"<h1[\s>]", page)) == 1, path
        title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1].strip()
        assert title, path
        titles.setdefault(title, []).append(path)
        levels = [int(level) for level in re.findall(r"<h([1-6])[\s>]", page)]
        for before, after in itertools.pairwise(levels):
            assert after <= before + 1, (path, levels)
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}


def test_public_pages_describe_themselves(pages):
    descriptions = {}
    for path in PATHS:
        found = re.search(r'<meta name="description" content="([^"]{40,})"', pages[path])
        assert found, path
        descriptions.setdefault(found[1], []).append(path)
        canonical = re.search(r'<link rel="canonical" href="([^"]+)"', pages[path])[1]
        assert canonical == f"http://clinic.example{path}"
    assert {text: paths for text, paths in descriptions.items() if len(paths) > 1} == {}


def test_every_page_shows_the_phone_and_the_crisis_line(pages):
    for path, page in pages.items():
        assert "(205) 557-2253" in page, path
        assert "tel:988" in page, path
        assert "sms:988" in page, path


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(pages):
    loads = re.compile(
        r"""<(?:script|img|link|iframe|source|video|audio|object|embed|form)\b[^>]*?(?:src|href|srcset|action|data)=["']?(\S+)"""
    )
    for path, page in pages.items():
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        # JSON-LD is data: no browser runs it, and the policy that forbids inline scripts lets it be.
        assert not re.search(r'<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)', page), path
        for target in loads.findall(page):
            assert target.startswith(("/", "http://clinic.example/", "#")) or "canonical" in page, (path, target)


def test_links_within_the_site_lead_somewhere(get, pages):
    links = {
        link.split("#")[0].split("?")[0]
        for page in pages.values()
        for link in re.findall(r'<a\b[^>]*\shref="(/[^"]*)"', page)
    }
    assert len(links) > 15
    for link in sorted(filter(None, links)):
        assert get(link).status_code == 200, link


def test_links_within_a_page_have_a_target(pages):
    for path, page in pages.items():
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers)), (path, [i for i in identifiers if identifiers.count(i) > 1])
        for target in re.findall(r'href="#([^"]+)"', page):
            assert target in identifiers, (path, target)


def test_pages_are_well_formed(pages):
    parser = html5lib.HTMLParser(strict=True)
    for path, page in pages.items():
        try:
            parser.parse(page)
        except html5lib.html5parser.ParseError as error:
            pytest.fail(f"{path}: {error}")


def test_readers_get_no_cookie_and_pages_are_the_same_for_everybody(get):
    for path in PATHS:
        response = get(path)
        assert not response.cookies, path
        assert "Cookie" not in response.headers.get("Vary", ""), path
        assert "public" in response.headers["Cache-Control"], path
    for path in ERROR_PATHS:
        assert "no-store" in get(path).headers["Cache-Control"], path


def test_what_pages_share_is_the_same_as_if_each_had_made_it(pages):
    """Under one content stamp, the first page that needs a shared part makes it for all others."""
    under_a_stamp = Client(**{STAMP: "a stamp of this test"})
    for path in [*PATHS, *SEARCHES]:
        assert under_a_stamp.get(path).content.decode() == pages[path], path


def test_medical_pages_carry_what_must_never_be_missing(pages):
    for path in ARTICLES:
        page = pages[path]
        for words in (
            "has not approved ketamine to treat depression",
            "It is not medical advice",
            "Serious risks:",
            "Call or text 988 now if:",
            "Not yet reviewed by a clinician",
            "References",
        ):
            assert words in page, (path, words)


def test_unknown_facts_stay_out_of_sight(pages):
    for path in ("/locations/", "/locations/birmingham/", "/", "/consult/"):
        for words in ("Open now", "Parking", "Our team", "Closed", "Hours</h"):
            assert words not in pages[path], (path, words)


@pytest.mark.parametrize(
    "suffix", ["%00", "x" * 3000, "../../etc/passwd", "\u00e9", "%ff", "?page=%00", "?q=" + "y" * 5000]
)
def test_strange_addresses_are_never_our_fault(get, suffix):
    for prefix in ("/", "/articles/", "/articles/topics/", "/locations/", "/art/", "/media/", "/consult/thanks/"):
        assert get(prefix + suffix).status_code in (200, 301, 400, 404), prefix


def test_the_share_row_loads_nothing(pages):
    page = pages[ARTICLES[0]]
    share = re.search(r'<div class="share".*?</div>', page, re.DOTALL)[0]
    for start in ("mailto:", "sms:", "https://www.facebook.com/", "https://x.com/", "https://www.linkedin.com/"):
        assert f'href="{start}' in share, start
    assert share.count("<button") == share.count(" hidden") == 2


def test_media_that_is_not_there_is_not_found(get):
    assert get(reverse("site:media", args=["pictures/none.jpg"])).status_code == 404
