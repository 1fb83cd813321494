"""Documents of the search that stand for nothing in the database."""

from itertools import count

from clinic_site.core.models import Page, SearchDocument
from clinic_site.core.search import ALWAYS, Results, read_query, search
from clinic_site.core.search.sources import _store

from .articles import NOW

_numbers = count(1)


def index_documents(*documents: dict) -> None:
    """Make documents findable, each given by the fields that matter."""
    for fields in documents:
        key = str(next(_numbers))
        defaults = {"kind": "test", "key": key, "label": "Test", "path": f"/test/{key}/", "visible_from": ALWAYS}
        _store([SearchDocument(**{**defaults, "title": f"Number {key}", "summary": "", "body": "", **fields})])


def ask(typed: str, **options) -> Results:
    """Search for what somebody typed, at NOW."""
    return search(read_query(typed), **{"now": NOW, **options})


def titles(typed: str, **options) -> list[str]:
    """Return the titles of what is found, without marks, best first."""
    return [hit.title.replace("<mark>", "").replace("</mark>", "") for hit in ask(typed, **options).hits]


def make_page(**fields) -> Page:
    number = next(_numbers)
    defaults = {"title": f"Page {number}", "slug": f"page-{number}", "summary": "A page.", "body": "<p>Words.</p>"}
    return Page.objects.create(**{**defaults, **fields})
