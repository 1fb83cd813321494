"""Everything that can be found, gathered from the apps."""

from articles.search import ARTICLES, QUESTIONS
from clinic_site.core.models import SearchDocument
from clinic_site.core.search.backends import backend
from clinic_site.core.search.pages import PAGES
from locations.search import CLINICS

SOURCES = [ARTICLES, QUESTIONS, CLINICS, PAGES]


def reindex() -> dict[str, int]:
    """Make the whole index anew, while it is being searched. Returns how many rows of each kind it holds."""
    return {source.kind: source.reindex() for source in SOURCES}


def is_complete() -> bool:
    """Whether the index holds as much as there is: false for a new, restored or upgraded database."""
    return backend().size() == SearchDocument.objects.count() and all(source.is_complete() for source in SOURCES)
