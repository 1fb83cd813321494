"""The sitemap: every page that readers can open, gathered from the apps, under the one address of the site."""

import io
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

import articles.sitemaps
import consults.sitemaps
import locations.sitemaps
from clinic_site.core.caching import cached_page, public
from clinic_site.core.models import Page, SiteText
from clinic_site.core.seo import SitemapEntry, absolute_url, sitemap_entries_of

ADDRESSES_A_FILE = 1000
XMLNS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _pages(now: datetime) -> list[SitemapEntry]:
    """The home page and the pages that staff wrote."""
    texts = SiteText.objects.filter(key__startswith="home-").aggregate(changed_at=Max("modified_at"))
    pages = Page.objects.shown().order_by("position", "title")
    return [
        SitemapEntry(path=reverse("site:home"), changed_at=texts["changed_at"]),
        *sitemap_entries_of(pages, changed_at=lambda page: page.modified_at),
    ]


SECTIONS = {
    "pages": _pages,
    "locations": locations.sitemaps.sitemap_entries,
    "articles": articles.sitemaps.sitemap_entries,
    "consults": consults.sitemaps.sitemap_entries,
}


@cached_page()
@require_safe
def index(request) -> HttpResponse:
    """The list of the sitemap's files."""
    now = timezone.now()
    files = []
    for name, entries_of in SECTIONS.items():
        entries = entries_of(now)
        for number, start in enumerate(range(0, len(entries), ADDRESSES_A_FILE), 1):
            part = entries[start : start + ADDRESSES_A_FILE]
            newest = max((entry.changed_at for entry in part if entry.changed_at), default=None)
            files.append(SitemapEntry(path=reverse("site:sitemap-section", args=[name, number]), changed_at=newest))
    return _xml("sitemapindex", "sitemap", files)


@cached_page()
@require_safe
def section(request, section: str, number: int) -> HttpResponse:
    """One file of the sitemap, of a thousand addresses at most."""
    if section not in SECTIONS or number < 1:
        raise Http404
    entries = SECTIONS[section](timezone.now())
    part = entries[(number - 1) * ADDRESSES_A_FILE : number * ADDRESSES_A_FILE]
    if not part:
        raise Http404
    return _xml("urlset", "url", part)


def _xml(root: str, element: str, entries: Iterable[SitemapEntry]) -> HttpResponse:
    file = io.StringIO()
    xml = SimplerXMLGenerator(file, "utf-8")
    xml.startDocument()
    xml.startElement(root, {"xmlns": XMLNS})
    for entry in entries:
        xml.startElement(element, {})
        xml.addQuickElement("loc", absolute_url(entry.path))
        if entry.changed_at:
            xml.addQuickElement("lastmod", timezone.localtime(entry.changed_at).isoformat(timespec="seconds"))
        xml.endElement(element)
    xml.endElement(root)
    xml.endDocument()
    return public(HttpResponse(file.getvalue(), content_type="application/xml; charset=utf-8"))
