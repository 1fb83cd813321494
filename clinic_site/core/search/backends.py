"""How each kind of database finds words: SQLite's FTS5, PostgreSQL's full text search.

Both stem English words (porter, snowball), weigh titles more than summaries and summaries more than
bodies, and get every text and every query as folded words: letters and digits, nothing else.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import connection
from django.utils import timezone

from ..models import SearchDocument
from .words import MOST_WORDS_OF_A_TEXT, folded_words

TEXTS = ("title", "summary", "body")
# Put around each word that was found; folded words never hold them.
MARK, END = "<", ">"


def folded(text: str) -> str:
    """Return `text` as the database gets it: its words folded, with one space between two."""
    return " ".join(islice(folded_words(text), MOST_WORDS_OF_A_TEXT))


def backend() -> "SearchBackend":
    """Return the backend of the site's database."""
    return {"sqlite": SqliteBackend, "postgresql": PostgresqlBackend}[connection.vendor]()


# What a document must have: one word of each group.
Groups = list[list[str]]


class SearchBackend:
    """Finds documents by groups of folded words; a document matches that has one word of each group."""

    def index(self, documents: Iterable[SearchDocument]) -> None:
        """Make the stored `documents` findable as they are now."""
        raise NotImplementedError

    def remove(self, ids: Iterable[int]) -> None:
        """Forget the documents with these primary keys."""
        raise NotImplementedError

    def size(self) -> int:
        """Return how many stored documents can be found."""
        raise NotImplementedError

    def find(self, groups: Groups, *, now: datetime) -> list[int]:
        """Return the primary keys of all documents readers may see at `now` that match, best first."""
        raise NotImplementedError

    def finds(self, groups: Groups, *, now: datetime) -> bool:
        """Whether readers may see any document at `now` that matches."""
        raise NotImplementedError

    def places(self, ids: list[int], groups: Groups) -> dict[int, dict[str, dict[int, str]]]:
        """Return for each matching document and text the words that belong to `groups`, by place counted from 0."""
        raise NotImplementedError


class SqliteBackend(SearchBackend):
    """The FTS5 table `core_search_index`, whose rowid is the document's primary key."""

    SIZE = """
        SELECT count(*) FROM core_search_index
        JOIN core_searchdocument AS document ON document.id = core_search_index.rowid"""
    INSERT = "INSERT INTO core_search_index (rowid, title, summary, body) VALUES (%s, %s, %s, %s)"
    MATCHES = """
        SELECT document.id FROM core_search_index
        JOIN core_searchdocument AS document ON document.id = core_search_index.rowid
        WHERE core_search_index MATCH %s
          AND document.visible_from <= %s AND (document.visible_until IS NULL OR document.visible_until > %s)"""
    BEST_FIRST = " ORDER BY bm25(core_search_index, 10, 4, 1), document.visible_from DESC, document.id"
    PLACES = """
        SELECT rowid, highlight(core_search_index, 0, %s, %s), highlight(core_search_index, 1, %s, %s),
               highlight(core_search_index, 2, %s, %s)
        FROM core_search_index WHERE core_search_index MATCH %s AND rowid IN ({})"""

    def index(self, documents):
        documents = list(documents)
        self.remove(document.pk for document in documents)
        rows = [(document.pk, *(folded(getattr(document, name)) for name in TEXTS)) for document in documents]
        with connection.cursor() as cursor:
            cursor.executemany(self.INSERT, rows)

    def remove(self, ids):
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM core_search_index WHERE rowid = %s", [(pk,) for pk in ids])

    def size(self):
        with connection.cursor() as cursor:
            cursor.execute(self.SIZE)
            return cursor.fetchone()[0]

    def find(self, groups, *, now):
        return self._ids(self.MATCHES + self.BEST_FIRST, groups, now)

    def finds(self, groups, *, now):
        return bool(self._ids(self.MATCHES + " LIMIT 1", groups, now))

    def _ids(self, sql, groups, now):
        # As the ORM writes a moment: SQLite compares it as text.
        moment = str(timezone.make_naive(now, connection.timezone))
        with connection.cursor() as cursor:
            cursor.execute(sql, [self._expression(groups), moment, moment])
            return [pk for (pk,) in cursor.fetchall()]

    def places(self, ids, groups):
        sql = self.PLACES.format(", ".join(["%s"] * len(ids)))
        with connection.cursor() as cursor:
            cursor.execute(sql, [*[MARK, END] * len(TEXTS), self._expression(groups), *ids])
            return {pk: dict(zip(TEXTS, map(_marked_places, texts), strict=True)) for pk, *texts in cursor.fetchall()}

    @staticmethod
    def _expression(groups):
        return " AND ".join("(" + " OR ".join(f'"{word}"' for word in words) + ")" for words in groups)


class PostgresqlBackend(SearchBackend):
    """Columns beside the document: `vector` finds and ranks, `head` ranks when much is found, `folded` is
    what both were made of."""

    # Reading the vectors of thousands of long texts to rank them takes 20 ms and more. Where so many
    # match, title and summary say enough.
    MOST_RANKED_BY_BODY = 300
    INDEX = """
        WITH head AS (
          SELECT setweight(to_tsvector('core_search', %s), 'A')
              || setweight(to_tsvector('core_search', %s), 'B') AS head
        )
        UPDATE core_searchdocument
        SET head = head.head, vector = head.head || setweight(to_tsvector('core_search', %s), 'D'), folded = %s
        FROM head WHERE id = %s"""
    FIND = """
        WITH query AS (SELECT to_tsquery('core_search', %s) AS query),
        found AS MATERIALIZED (
          SELECT id, visible_from, head, vector FROM core_searchdocument, query
          WHERE vector @@ query.query AND visible_from <= %s AND (visible_until IS NULL OR visible_until > %s)
        )
        SELECT id FROM found, query
        ORDER BY ts_rank(
          '{0.1, 0.2, 0.4, 1}',
          CASE WHEN (SELECT count(*) FROM found) > %s THEN found.head ELSE found.vector END, query.query, 1
        ) DESC, visible_from DESC, id"""
    FINDS = """
        SELECT 1 FROM core_searchdocument WHERE vector @@ to_tsquery('core_search', %s)
        AND visible_from <= %s AND (visible_until IS NULL OR visible_until > %s) LIMIT 1"""
    SAME_STEM = """
        SELECT word FROM unnest(%s::text[]) AS word
        WHERE ts_lexize('core_search_stem', word) IN (
          SELECT ts_lexize('core_search_stem', asked) FROM unnest(%s::text[]) AS asked)"""

    def index(self, documents):
        rows = []
        for document in documents:
            texts = [folded(getattr(document, name)) for name in TEXTS]
            rows.append((*texts, "\n".join(texts), document.pk))
        with connection.cursor() as cursor:
            cursor.executemany(self.INDEX, rows)

    def remove(self, ids):
        """Nothing to do: the columns go with the row."""

    def size(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM core_searchdocument WHERE vector IS NOT NULL")
            return cursor.fetchone()[0]

    def find(self, groups, *, now):
        with connection.cursor() as cursor:
            cursor.execute(self.FIND, [self._expression(groups), now, now, self.MOST_RANKED_BY_BODY])
            return [pk for (pk,) in cursor.fetchall()]

    def finds(self, groups, *, now):
        with connection.cursor() as cursor:
            cursor.execute(self.FINDS, [self._expression(groups), now, now])
            return cursor.fetchone() is not None

    def places(self, ids, groups):
        # ts_headline would do it too, in ten times the time.
        asked = [word for words in groups for word in words]
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, folded FROM core_searchdocument WHERE id = ANY(%s)", [ids])
            texts = {pk: [text.split(" ") for text in folded.split("\n")] for pk, folded in cursor.fetchall()}
            # Words of one stem begin alike: only those need be asked about.
            starts = tuple({word[:2] for word in asked})
            words = {word for text in texts.values() for words in text for word in words if word.startswith(starts)}
            cursor.execute(self.SAME_STEM, [list(words), asked])
            found = {word for (word,) in cursor.fetchall()}
        return {
            pk: {
                name: {place: word for place, word in enumerate(words) if word in found}
                for name, words in zip(TEXTS, text, strict=True)
            }
            for pk, text in texts.items()
        }

    @staticmethod
    def _expression(groups):
        return " & ".join("(" + " | ".join(f"'{word}'" for word in words) + ")" for words in groups)


def _marked_places(text: str) -> dict[int, str]:
    """Return the words of `text` that stand between marks, by their place counted from 0."""
    places, is_inside = {}, False
    for place, word in enumerate(text.split(" ")) if MARK in text else ():
        is_inside = is_inside or MARK in word
        if is_inside:
            places[place] = word.strip(MARK + END)
        is_inside = is_inside and END not in word
    return places
