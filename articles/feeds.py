"""The newest articles for feed readers, as Atom and as RSS."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape, format_html
from django.views.decorators.http import require_safe

from clinic_site.core.caching import cached_page, public
from clinic_site.core.models import ClinicIdentity, SiteText
from clinic_site.core.plain_fields import without_control_characters
from clinic_site.core.seo import absolute_url, with_paths

from .bibliography import references_for
from .citations import Numbering
from .models import Article
from .rendering import BOXES_BEFORE
from .structured import changed_at

NEWEST = 20
# Ids must outlive new titles, new slugs and new dates: the row's number under a name we own (RFC 4151).
ID_YEAR = 2026
LINK = re.compile(r'(<a\b[^>]*\shref=")([/#][^"]*)', re.IGNORECASE)
BACKLINK = re.compile(r'\sid="cite-[^"]*"')


class AtomWithContent(Atom1Feed):
    """Atom whose entries carry the text as well as the summary."""

    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class RssWithContent(Rss201rev2Feed):
    """RSS whose items carry the text as well as the summary."""

    def rss_attributes(self) -> dict:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


@cached_page()
@require_safe
def atom(request) -> HttpResponse:
    """The newest articles as Atom."""
    return _respond(AtomWithContent, reverse("articles:atom"), "application/atom+xml; charset=utf-8")


@cached_page()
@require_safe
def rss(request) -> HttpResponse:
    """The newest articles as RSS 2.0."""
    return _respond(RssWithContent, reverse("articles:rss"), "application/rss+xml; charset=utf-8")


def _respond(kind: type[SyndicationFeed], path: str, content_type: str) -> HttpResponse:
    name = without_control_characters(ClinicIdentity.load().name)
    feed = kind(
        title=f"{name}: articles",
        author_name=name,
        link=absolute_url(reverse("articles:index")),
        description="Articles on ketamine infusions, with sources: what is known, what is not, and what can go wrong.",
        language="en-us",
        feed_url=absolute_url(path),
        feed_guid=f"tag:{settings.SITE_HOST},{ID_YEAR}:articles",
    )
    for item in _items(name):
        feed.add_item(**item)
    return public(HttpResponse(feed.writeString("utf-8"), content_type=content_type))


def _items(author: str) -> Iterator[dict]:
    """What feeds say of the newest articles: four queries whatever their number."""
    articles = Article.objects.published(timezone.now()).select_related("topic").newest_first()[:NEWEST]
    boxes = list(SiteText.objects.filter(key__in=BOXES_BEFORE))
    texts = [text for article in articles for text in (article.standfirst, article.key_facts)]
    references = references_for([*texts, *(box.body for box in boxes)])
    for article, path in with_paths(articles):
        url = absolute_url(path)
        yield {
            "title": without_control_characters(article.title),
            "link": url,
            "description": without_control_characters(article.summary),
            "content": _content(article, url, boxes, Numbering(references)),
            "unique_id": f"tag:{settings.SITE_HOST},{ID_YEAR}:article-{article.pk}",
            "unique_id_is_permalink": False,
            "pubdate": timezone.localtime(article.published_at),
            "updateddate": timezone.localtime(changed_at(article)),
            "author_name": author,
            "categories": [without_control_characters(article.topic.name)],
        }


def _content(article: Article, url: str, boxes: list[SiteText], numbering: Numbering) -> str:
    """The short answer and the key facts with their sources, the off-label box, the way to the rest.

    Numbers are those of the article's page: sources are numbered in reading order, and this is
    how the page begins.
    """
    parts = [format_html("<p>{}</p>", numbering.plain(article.standfirst))]
    if facts := article.key_fact_list:
        parts.append("<ul>" + "".join(f"<li>{numbering.plain(fact)}</li>" for fact in facts) + "</ul>")
    if article.is_medical:
        parts += [f"<h2>{escape(box.heading)}</h2>{numbering.html(box.body)}" for box in boxes]
    parts.append(format_html('<p><a href="{}">Read the article with its sources, risks and limits</a></p>', url))
    return without_control_characters(_with_full_links("".join(parts), url))


def _with_full_links(html: str, url: str) -> str:
    """Make every link of `html` lead to this site from wherever it is read."""
    return LINK.sub(
        lambda match: match[1] + (url + match[2] if match[2].startswith("#") else absolute_url(match[2])),
        BACKLINK.sub("", html),
    )
