"""Where to read on after an article."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from .models import Article, Topic

RELATED = 3
SAME_TOPIC, ELSEWHERE, EARLIER, LATER = range(4)
COLUMNS = "article.id, article.title, article.slug, article.summary, article.is_medical, article.topic_id, topic.name"
# What `ArticleQuerySet.published` says, in words that the database understands; a test compares the two.
OTHERS = """article.id <> %(pk)s AND article.published_at <= %(now)s
    AND (article.withdrawn_at IS NULL OR article.withdrawn_at > %(now)s)"""
NEWEST = "article.published_at DESC, article.id"
# Earlier and later each begin in the index at the moment itself.
PARTS = {
    SAME_TOPIC: ("article.topic_id = %(topic)s", NEWEST, RELATED),
    ELSEWHERE: ("article.topic_id <> %(topic)s", NEWEST, RELATED),
    EARLIER: (
        "article.published_at <= %(moment)s AND (article.published_at < %(moment)s OR article.id > %(pk)s)", NEWEST, 1,
    ),
    LATER: (
        "article.published_at >= %(moment)s AND (article.published_at > %(moment)s OR article.id < %(pk)s)",
        "article.published_at, article.id DESC", 1,
    ),
}  # fmt: skip
# Wrapped, since SQLite takes no order and limit right inside a union. Not by the ORM: it would take as long to
# put these four together, anew for each page, as the database to answer a hundred times.
STATEMENT = " UNION ALL ".join(
    f"SELECT * FROM (SELECT {part} AS part, {COLUMNS} FROM articles_article AS article"  # nosec B608  # words of this file
    f" JOIN articles_topic AS topic ON topic.id = article.topic_id"
    f" WHERE {OTHERS} AND {which} ORDER BY {order} LIMIT {most}) AS part_{part}"
    for part, (which, order, most) in PARTS.items()
)


@dataclass
class Neighbours:
    """The articles beside one: three others, and those published before and after it, if there are any."""

    related: list[Article] = field(default_factory=list)
    earlier: Article | None = None
    later: Article | None = None


def neighbours(article: Article, *, now: datetime) -> Neighbours:
    """Return what to read after `article`, with what a card shows but the reviews: one query.

    Related are those of the same topic first, then the newest. Whoever follows earlier and later walks
    the list of all articles, the one order that readers see: within a topic most articles would have no
    neighbour.
    """
    at = connection.ops.adapt_datetimefield_value
    asked = {"pk": article.pk, "topic": article.topic_id, "now": at(now), "moment": at(article.published_at)}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, asked)
        rows = cursor.fetchall()
    found = Neighbours()
    # A union promises no order, though each part keeps its own.
    for part, *values in sorted(rows, key=lambda row: row[0]):
        if part == EARLIER:
            found.earlier = _card(*values)
        elif part == LATER:
            found.later = _card(*values)
        elif len(found.related) < RELATED:
            found.related.append(_card(*values))
    return found


def _card(pk: int, title: str, slug: str, summary: str, is_medical: bool, topic: int, name: str) -> Article:
    card = Article(pk=pk, title=title, slug=slug, summary=summary, is_medical=bool(is_medical))
    card.topic = Topic(pk=topic, name=name)
    card._state.adding, card._state.db = False, connection.alias
    return card
