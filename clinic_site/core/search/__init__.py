"""Search over everything that readers can open.

Each app says what there is to find in a `search.py` of `Source`s; whoever writes such a row calls
`Source.index` or `Source.remove` after the write. `search()` answers readers.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.utils.safestring import SafeString

from ..models import SearchDocument
from .backends import Groups, backend
from .snippets import marked, snippet
from .sources import ALWAYS, Source
from .suggestions import similar_words, words_starting
from .words import Query, read_query

__all__ = ["ALWAYS", "Hit", "Match", "Query", "Results", "Source", "read_query", "search"]


class Match(Enum):
    """Which documents a query finds."""

    ALL = "all of the words"
    START = "all of the words, the last of which is the start of one"
    ANY = "any of the words"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One document that was found. `title` and `snippet` are safe HTML with <mark> around what was found."""

    kind: str
    key: str
    label: str
    path: str
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True, kw_only=True)
class Results:
    """One page of hits, best first, out of `total`; `match` says how loosely they match.

    `did_you_mean` is a query that finds something, or None.
    """

    hits: list[Hit]
    total: int
    match: Match = Match.ALL
    did_you_mean: Query | None = None


def search(query: Query, *, now: datetime, limit: int = 10, offset: int = 0) -> Results:
    """Return what readers may see at `now` that has the words of `query`.

    Documents with all its words; if there are none, those with all its words and one that begins
    with the last; if there are none either, those with any of its words. Without words: nothing.
    """
    words = query.telling_words
    if not words:
        return Results(hits=[], total=0)
    ids = groups = []
    match = Match.ALL
    for match in Match:
        groups = _groups(words, match)
        ids = backend().find(groups, now=now) if groups else []
        if ids:
            break
    return Results(
        hits=_hits(ids[offset : offset + limit], groups),
        total=len(ids),
        match=match,
        did_you_mean=_did_you_mean(query, now=now) if match is Match.ANY else None,
    )


def _groups(words: tuple[str, ...], match: Match) -> Groups:
    """Return what a document must have to match, or [] when nothing can match in this way."""
    match match:
        case Match.ALL:
            return [[word] for word in words]
        case Match.START:
            longer = words_starting(words[-1])
            return [*([word] for word in words[:-1]), longer] if longer else []
        case Match.ANY:
            return [list(words)]


def _hits(ids: list[int], groups: Groups) -> list[Hit]:
    documents = SearchDocument.objects.in_bulk(ids)
    places = backend().places(ids, groups) if ids else {}
    # One that was removed in this very moment is left out.
    return [_hit(documents[pk], places[pk]) for pk in ids if pk in documents and pk in places]


def _hit(document: SearchDocument, places: dict[str, dict[int, str]]) -> Hit:
    # The body where the words stand in it; else the summary, which was written to be read alone.
    if document.summary and not places["body"]:
        lines = marked(document.summary, places["summary"])
    else:
        lines = snippet(document.body, places["body"])
    return Hit(
        kind=document.kind,
        key=document.key,
        label=document.label,
        path=document.path,
        title=marked(document.title, places["title"]),
        snippet=lines,
    )


def _did_you_mean(query: Query, *, now: datetime) -> Query | None:
    """Return the query with each word that nobody wrote replaced by one like it, if that finds more."""
    engine = backend()
    replacements = {}
    for word in query.telling_words:
        if not engine.finds([[word]], now=now):
            # A word of a document that readers may not see yet is no suggestion.
            shown = (near for near in similar_words(word) if engine.finds([[near]], now=now))
            if suggestion := next(shown, None):
                replacements[word] = suggestion
    if not replacements:
        return None
    meant = query.with_words(replacements)
    return meant if engine.finds(_groups(meant.telling_words, Match.ALL), now=now) else None
