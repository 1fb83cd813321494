"""Keeping the index: one Source for each kind of thing that can be found."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import models, transaction

from ..models import SearchDocument, SearchWord
from .backends import TEXTS, backend
from .suggestions import SHORTEST
from .words import folded_words

ROWS_AT_ONCE = 50
# The moment from which on readers may see what has no such moment of its own.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Things of one kind that readers can find.

    `rows` gives all those that readers may see, now or at a known time; `documents` makes unsaved
    SearchDocuments of some of them, with `key`, `kind` and texts, as few queries as it can.
    """

    kind: str
    rows: Callable[[], models.QuerySet]
    documents: Callable[[Sequence[models.Model]], Iterable[SearchDocument]]

    def index(self, *rows: models.Model) -> None:
        """Make rows findable as they are in the database now; those that readers may no longer see are forgotten."""
        keys = [row.pk for row in rows]
        seen = list(self.rows().filter(pk__in=keys))
        with transaction.atomic():
            self.remove(*(set(keys) - {row.pk for row in seen}))
            _store(self.documents(seen))

    def remove(self, *keys: int) -> None:
        """Forget the rows with these primary keys."""
        _remove(SearchDocument.objects.filter(kind=self.kind, key__in=map(str, keys)))

    def reindex(self) -> int:
        """Index every row anew and forget all others. Returns how many there are.

        In small transactions: nobody who writes meanwhile waits for more than one of them.
        """
        keys = list(self.rows().order_by("pk").values_list("pk", flat=True))
        known = set()
        for batch in _batches(keys):
            with transaction.atomic():
                known |= _store(self.documents(list(self.rows().filter(pk__in=batch))), known=known)
        _remove(SearchDocument.objects.filter(kind=self.kind).exclude(key__in=map(str, keys)))
        return len(keys)

    def is_complete(self) -> bool:
        """Whether as many rows are indexed as there are."""
        return SearchDocument.objects.filter(kind=self.kind).count() == self.rows().count()


def _batches(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), ROWS_AT_ONCE):
        yield keys[start : start + ROWS_AT_ONCE]


def _store(documents: Iterable[SearchDocument], *, known: Set[str] = frozenset()) -> set[str]:
    """Store documents of one kind and their words; `known` are words that need not be stored again. Returns all."""
    documents = [_composed(document) for document in documents]
    if not documents:
        return set()
    changing = [field.name for field in SearchDocument._meta.fields if field.name not in ("id", "kind", "key")]
    SearchDocument.objects.bulk_create(
        documents, update_conflicts=True, unique_fields=["kind", "key"], update_fields=changing
    )
    kind, keys = documents[0].kind, [document.key for document in documents]
    backend().index(SearchDocument.objects.filter(kind=kind, key__in=keys))
    words = {word for document in documents for name in TEXTS for word in folded_words(getattr(document, name))}
    new = sorted(word for word in words - known if len(word) >= SHORTEST and word.isalpha())
    SearchWord.objects.bulk_create(map(SearchWord, new), ignore_conflicts=True)
    return words


def _composed(document: SearchDocument) -> SearchDocument:
    """Compose letters and accents: an accent of its own would end a word."""
    for name in TEXTS:
        setattr(document, name, unicodedata.normalize("NFC", getattr(document, name)))
    return document


def _remove(documents: models.QuerySet) -> None:
    ids = list(documents.values_list("pk", flat=True))
    if ids:
        backend().remove(ids)
        SearchDocument.objects.filter(pk__in=ids).delete()
