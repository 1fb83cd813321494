"""What a page says of itself to browsers, search engines and people who share it."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe

logger = logging.getLogger(__name__)

# What would end the script element or a line inside it; written so, it is the same string to JSON.
SCRIPT_ESCAPES = {mark: f"\\u{ord(mark):04X}" for mark in "<>&\u2028\u2029"}


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """A page above this one, as the breadcrumbs name it."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class SitemapEntry:
    """One page of the sitemap. `changed_at` is when what readers read there last changed, if known."""

    path: str
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PageMeta:
    """The head of one page. Views build it; base.html prints it once.

    `path` is the page's own address from the root, `robots` "" for pages that may be indexed.
    `crumbs` are the pages above this one, without the home page. `picture_path` is the picture for
    sharing, "" for the clinic's own, `picture_alt` what it shows. `structured_data` are
    schema.org descriptions of what is on the page.
    """

    title: str
    path: str
    description: str = ""
    robots: str = ""
    og_type: str = "website"
    published_at: datetime | None = None
    modified_at: datetime | None = None
    crumbs: tuple[Crumb, ...] = ()
    picture_path: str = ""
    picture_alt: str = ""
    previous_path: str = ""
    next_path: str = ""
    structured_data: tuple[dict, ...] = ()

    @property
    def canonical_url(self) -> str:
        """The one address of this page, whatever host the request came by."""
        return absolute_url(self.path)

    @property
    def json_ld(self) -> SafeString:
        """The text of the page's JSON-LD script; "" when there is nothing to say."""
        graph = list(self.structured_data)
        if not self.robots and self.path != "/":
            graph.append(self._breadcrumb_list())
        if not graph:
            return SafeString("")
        text = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
        for mark, escaped in SCRIPT_ESCAPES.items():  # str.translate takes ten times as long
            text = text.replace(mark, escaped)
        return mark_safe(text)  # nosec B308  # JSON in which <, > and & are escaped

    def _breadcrumb_list(self) -> dict:
        """The breadcrumbs that readers see, and this page as the last one."""
        pages = [Crumb(name="Home", path="/"), *self.crumbs, Crumb(name=self.title, path=self.path)]
        return {
            "@type": "BreadcrumbList",
            "@id": f"{self.canonical_url}#breadcrumb",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": page.name, "item": absolute_url(page.path)}
                for place, page in enumerate(pages, 1)
            ],
        }


def absolute_url(path: str) -> str:
    """The full address of a path of this site, always on the one configured host.

    An address that is full already, such as that of a picture in another store, stays as it is.
    """
    return path if path.startswith(("https://", "http://")) else f"{settings.SITE_URL}{path}"


def without_unknown(description: dict) -> dict:
    """Return `description` without its empty fields: what is unknown is not said."""
    return {key: value for key, value in description.items() if value not in ("", None, [], {})}


def with_paths(rows: Iterable) -> Iterator[tuple[object, str]]:
    """Yield each row with its own address. A row whose address cannot be written is left out and logged."""
    for row in rows:
        try:
            yield row, row.get_absolute_url()
        except NoReverseMatch:
            logger.error("%s %s has no address that can be written", row._meta.label, row.pk)


def sitemap_entries_of(rows: Iterable, *, changed_at: Callable) -> list[SitemapEntry]:
    """Return the sitemap's entry for each row; `changed_at` says of a row when it last changed."""
    return [SitemapEntry(path=path, changed_at=changed_at(row)) for row, path in with_paths(rows)]
