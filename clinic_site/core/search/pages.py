"""The pages that staff wrote, as the search finds them."""

from collections.abc import Iterable

from ..html import text_lines
from ..models import Page, SearchDocument
from . import ALWAYS, Source


def _documents(pages: Iterable[Page]) -> Iterable[SearchDocument]:
    for page in pages:
        yield SearchDocument(
            kind=PAGES.kind,
            key=str(page.pk),
            label="Page",
            path=page.get_absolute_url(),
            visible_from=ALWAYS,
            title=page.title,
            summary=page.summary,
            body=text_lines(page.body),
        )


PAGES = Source(kind="page", rows=Page.objects.shown, documents=_documents)
