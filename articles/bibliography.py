"""The list of references at the foot of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .citations import Numbering, cited_keys
from .models import Reference

LINK_BACK = ' <a href="#{}" aria-label="Back to citation {} of reference {}">↑</a>'


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One line of the list of references. `backlinks` are the ids of the places that cite it."""

    number: int
    html: SafeString
    link: str
    backlinks: list[str]
    reference: Reference

    @property
    def links_back(self) -> SafeString:
        """The links to the places that cite it. Not in the template: it would take a tenth of the time of a page."""
        places = ((place, count, self.number) for count, place in enumerate(self.backlinks, 1))
        return format_html_join("", LINK_BACK, places)


def numbering_for(texts: Iterable[str]) -> Numbering:
    """Return a fresh numbering that knows every source cited in `texts`: one query."""
    return Numbering(references_for(texts))


def references_for(texts: Iterable[str]) -> dict[str, Reference]:
    """Return every source cited in `texts` by its key: one query."""
    keys = {key for text in texts for key in cited_keys(text)}
    return {reference.key: reference for reference in Reference.objects.filter(key__in=keys)}


def list_citations(numbering: Numbering) -> list[Citation]:
    """Return the list of references of a page whose texts have all been through `numbering`."""
    return [
        Citation(
            number=use["number"],
            html=format_reference(use["reference"]),
            link=use["reference"].url,
            backlinks=use["backlinks"],
            reference=use["reference"],
        )
        for use in numbering.used
    ]


def format_reference(reference: Reference) -> SafeString:
    """Return one source as readers see it: authors, title, journal, year;volume:pages, DOI."""
    place = str(reference.year or "")
    if reference.volume:
        place = f"{place};{reference.volume}" if place else reference.volume
    if reference.pages:
        place = f"{place}:{reference.pages}" if reference.volume else ", ".join(filter(None, [place, reference.pages]))
    return _sentences(short_authors(reference), reference.title, reference.journal, place, reference.doi, reference.url)


@lru_cache(maxsize=2000)
def _sentences(authors: str, title: str, journal: str, place: str, doi: str, url: str) -> SafeString:
    parts = [authors, title, format_html("<cite>{}</cite>", journal) if journal else "", place, _address(doi, url)]
    # A part that ends in a mark of its own needs no full stop.
    sentences = [(part, "" if part.endswith((".", "?", "!", "</a>")) else ".") for part in parts if part]
    return format_html_join(" ", "{}{}", sentences)


def short_authors(reference: Reference) -> str:
    """Return up to three authors by name; more become "and others"."""
    names = reference.authors.split(", ")
    return reference.authors if len(names) <= 3 else f"{', '.join(names[:3])}, and others"


def _address(doi: str, url: str) -> SafeString | str:
    if not url:
        return ""
    return format_html('<a href="{}">{}</a>', url, f"doi:{doi}" if doi else url.split("://", 1)[-1].rstrip("/"))
