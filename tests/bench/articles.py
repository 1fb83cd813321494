"""Articles as long as the initial ones, each with words that no other has. Nothing in them is meant to be read."""

import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction

from articles.models import (
    Article,
    CalloutBlock,
    EvidenceBlock,
    FigureBlock,
    ProseBlock,
    Reference,
    Review,
    Topic,
)
from articles.search import ARTICLES
from clinic_site.core.html import CITATION
from clinic_site.core.images import CONTENT_TYPES
from clinic_site.core.models import MissedSearch, Picture, Rendition
from clinic_site.core.search.missed import MOST_TERMS
from locations.models import Clinician

from .bulk import Progress, loading, moment, store

SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "in")]
# Without a common factor with the number of words there are: it scatters them over the alphabet.
STEP = 611_953
TOKEN = re.compile(r"(<[^>]*>|\[@[^\]]*\]|&\w+;|[A-Za-z]{5,})")
COPIES_OF_A_REFERENCE = 50
PICTURES, MOST_FIGURES = 300, 3
INDEXED_AT_ONCE = 100
# For each article at which place it stands between its first draft and its end.
STATES = ["published"] * 95 + ["draft"] * 3 + ["scheduled", "withdrawn"]
YEARS = 5
PROSE, CALLOUT, EVIDENCE = (
    ("html",), ("look", "heading", "html"), ("caption", "table", "note"),
)  # fmt: skip
KINDS = {ProseBlock: PROSE, CalloutBlock: CALLOUT, EvidenceBlock: EVIDENCE}


def word(number: int) -> str:
    """A made-up word: each number below 1,124,864 has one of its own."""
    number = number * STEP % len(SYLLABLES) ** 3
    first, rest = divmod(number, len(SYLLABLES) ** 2)
    second, third = divmod(rest, len(SYLLABLES))
    return SYLLABLES[first] + SYLLABLES[second] + SYLLABLES[third]


def fill_articles(draw: random.Random, *, articles: int, words: int, now: datetime) -> None:
    """Store articles until there are `articles`, with `words` made-up words in them, and index them."""
    models = list(Article.objects.order_by("pk"))
    of_one = max(words // articles, 1) if words else 0
    number = articles - len(models)
    keys = _fill_references()
    pictures = _fill_pictures()
    writer = _Writer(draw, models, keys)
    first = 1 + max(article.pk for article in models)
    tables = [Article, *KINDS, FigureBlock, Review]
    rows = {table: [] for table in tables}
    clinicians = list(Clinician.objects.values_list("pk", flat=True))
    for place in Progress("articles").over(range(number)):
        own = [word(of_one * place + at) for at in range(of_one)]
        writer.write(first + place, own, rows, now)
        for at in range(draw.randint(0, MOST_FIGURES)):
            rows[FigureBlock].append((first + place, "main", 15 + 20 * at, draw.choice(pictures), "A room."))
        rows[Review] += _reviews(draw, first + place, draw.choice(clinicians), now)
    with loading(*tables):
        store(Article, ("id", *writer.FIELDS), rows[Article])
        for table, fields in KINDS.items():
            store(table, ("parent_id", "region", "ordering", *fields), rows[table])
        store(FigureBlock, ("parent_id", "region", "ordering", "picture_id", "caption"), rows[FigureBlock])
        store(Review, REVIEW, rows[Review])
    _index(of_one * number, now)


REVIEW = ("article_id", "clinician_id", "credential", "scope", "reviewed_on", "next_due_on", "voided_at")


def _reviews(draw: random.Random, article: int, clinician: int, now: datetime) -> list[tuple]:
    """Nine in ten were reviewed once, half of those before that, in a review that an edit made void."""
    if draw.random() < 0.1:
        return []
    day = (now - timedelta(days=draw.randrange(400))).date()
    rows = [_review(article, clinician, day, None)]
    if draw.random() < 0.5:
        rows.append(_review(article, clinician, day - timedelta(days=300), moment(now - timedelta(days=500))))
    return rows


def _review(article: int, clinician: int, day: date, voided_at) -> tuple:
    return (article, clinician, "MD", "Medical accuracy", day.isoformat(), _a_year_after(day), voided_at)


def _a_year_after(day: date) -> str:
    return (day + timedelta(days=365)).isoformat()


class _Writer:
    """Makes articles after the initial ones: the same blocks, with a part of their words replaced."""

    FIELDS = (
        "title", "slug", "topic_id", "summary", "standfirst", "key_facts", "is_medical", "is_featured",
        "in_review_since", "published_at", "withdrawn_at", "created_at", "modified_at", "word_count",
    )  # fmt: skip

    def __init__(self, draw: random.Random, models: list[Article], keys: Callable[[str, int], str]) -> None:
        self._draw, self._keys = draw, keys
        self._topics = list(Topic.objects.values_list("pk", flat=True))
        self._models = [(article, [_Text.of(block) for block in article.blocks()]) for article in models]

    def write(self, pk: int, own: list[str], rows: dict, now: datetime) -> None:
        """Add to `rows` one article that uses each word of `own` once, with its blocks."""
        draw, (model, texts) = self._draw, self._models[pk % len(self._models)]
        copy = draw.randrange(COPIES_OF_A_REFERENCE)
        places = sum(len(text.places) for text in texts)
        chosen = dict(zip(sorted(draw.sample(range(places), min(len(own), places))), own, strict=False))
        start = 0
        for ordering, text in enumerate(texts, 1):
            mine = {at - start: word for at, word in chosen.items() if start <= at < start + len(text.places)}
            values = [CITATION.sub(lambda m: f"[@{self._keys(m[1], copy)}]", value) for value in text.with_words(mine)]
            rows[text.table].append((pk, "main", 10 * ordering, *values))
            start += len(text.places)
        head = " ".join(own[:3]) or f"number {pk}"
        at, state = now - timedelta(minutes=draw.randrange(YEARS * 525_600)), draw.choice(STATES)
        published = {"draft": None, "scheduled": now + timedelta(days=30)}.get(state, at)
        withdrawn = at + timedelta(days=1) if state == "withdrawn" else None
        rows[Article].append((
            pk, f"{model.title[:60]} {head}"[:110], f"bench-{pk}", draw.choice(self._topics), model.summary,
            CITATION.sub("", model.standfirst), CITATION.sub("", model.key_facts), model.is_medical, False,
            None, moment(published), moment(withdrawn), moment(at), moment(at), model.word_count,
        ))  # fmt: skip


class _Text:
    """The texts of one block, cut where words may be replaced."""

    def __init__(self, table: type, values: list[str]) -> None:
        self.table = table
        self._parts = [TOKEN.split(value) for value in values]
        # Of each part, the odd ones are what TOKEN matched.
        self.places = [
            (number, at)
            for number, parts in enumerate(self._parts)
            for at in range(1, len(parts), 2)
            if parts[at][0].isalpha() and values[number] not in CalloutBlock.Look.values
        ]

    @classmethod
    def of(cls, block) -> "_Text":
        return cls(type(block), [getattr(block, field) for field in KINDS[type(block)]])

    def with_words(self, words: dict[int, str]) -> list[str]:
        """The texts, with the words at these places (counted from 0) replaced."""
        parts = [list(part) for part in self._parts]
        for place, new in words.items():
            number, at = self.places[place]
            parts[number][at] = new
        return ["".join(part) for part in parts]


def _fill_references() -> Callable[[str, int], str]:
    """Store each source fifty times; return what gives the key of one copy."""

    def key(of: str, copy: int) -> str:
        return f"{of[:36]}_{copy}"

    there = list(Reference.objects.order_by("pk"))
    copies = [
        Reference(
            key=key(source.key, copy), authors=source.authors, title=source.title, journal=source.journal,
            year=source.year, volume=source.volume, pages=source.pages, doi=source.doi, link=source.link,
        )
        for source in there
        for copy in range(COPIES_OF_A_REFERENCE)
    ]  # fmt: skip
    Reference.objects.bulk_create({copy.key: copy for copy in copies}.values(), batch_size=500)
    return key


def _fill_pictures() -> list[int]:
    """Store pictures with the rows of all that is made of them. No file exists."""
    pictures = [
        Picture(title=f"Room {number}", alt="A room.", width=1600, height=1000, file=f"pictures/bench-{number}.jpg")
        for number in range(PICTURES)
    ]
    Picture.objects.bulk_create(pictures)
    Picture.objects.update(renditions_due_at=None)
    pks = list(Picture.objects.order_by("pk").values_list("pk", flat=True))
    Rendition.objects.bulk_create(
        (
            Rendition(
                picture_id=pk, shape=shape, kind=kind, width=width, height=width * 5 // 8,
                file=f"renditions/{pk}-{shape}-{width}.{kind}",
            )
            for pk in pks
            for shape in Rendition.Shape
            for kind in CONTENT_TYPES
            for width in shape.widths
        ),
        batch_size=1000,
    )  # fmt: skip
    return pks


def _index(words: int, now: datetime) -> None:
    """Index by the road that editors' changes take, a hundred articles at a time."""
    pks = list(Article.objects.order_by("pk").values_list("pk", flat=True))
    starts = range(0, len(pks), INDEXED_AT_ONCE)
    for start in Progress("search index").over(starts, total=len(pks)):
        ARTICLES.index(*Article.objects.filter(pk__in=pks[start : start + INDEXED_AT_ONCE]))
    with transaction.atomic():
        MissedSearch.objects.bulk_create(
            MissedSearch(term=f"{word(words + number)} {number}", count=1 + number % 7, last_on=now.date())
            for number in range(MOST_TERMS if words else 10)
        )
