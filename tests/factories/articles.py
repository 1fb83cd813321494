"""Articles, questions and sources for tests. Nobody here is real, and nothing here is true."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from articles.models import (
    Article,
    CalloutBlock,
    EvidenceBlock,
    FigureBlock,
    ProseBlock,
    Question,
    Reference,
    Review,
    Topic,
)
from clinic_site.core.models import Picture, SiteText
from locations.models import Clinician

# A Wednesday morning, ten past nine in Alabama.
NOW = datetime(2026, 11, 25, 15, 10, tzinfo=UTC)
_numbers = count(1)


def make_topic(**fields) -> Topic:
    number = next(_numbers)
    return Topic.objects.create(**{"name": f"Topic {number}", "slug": f"topic-{number}", **fields})


def make_article(**fields) -> Article:
    """Return a medical article that has been published for a day."""
    number = next(_numbers)
    fields = {
        "title": f"Article {number}",
        "slug": f"article-{number}",
        "summary": f"What article {number} is about.",
        "standfirst": "The short answer.",
        "published_at": NOW - timedelta(days=1),
        **fields,
    }
    return Article.objects.create(topic=fields.pop("topic", None) or make_topic(), **fields)


def _ordering(article: Article) -> dict:
    return {"parent": article, "region": "main", "ordering": 10 * (1 + len(article.blocks()))}


def add_prose(article: Article, html: str = "<h2>A heading</h2><p>A paragraph.</p>") -> ProseBlock:
    return ProseBlock.objects.create(html=html, **_ordering(article))


def add_callout(article: Article, **fields) -> CalloutBlock:
    fields = {"heading": "Tell the team first", "html": "<ul><li>About this.</li></ul>", **fields}
    return CalloutBlock.objects.create(**fields, **_ordering(article))


def add_evidence(article: Article, table: str = "Condition | Evidence\nSomething | Mixed", **fields) -> EvidenceBlock:
    return EvidenceBlock.objects.create(**{"caption": "What is known", "table": table, **fields}, **_ordering(article))


def add_figure(article: Article, **fields) -> FigureBlock:
    picture = fields.pop("picture", None) or make_picture()
    return FigureBlock.objects.create(picture=picture, **fields, **_ordering(article))


def make_picture(**fields) -> Picture:
    """Return a picture row. Its file does not exist."""
    picture = Picture(**{"title": "A room", "alt": "An empty room.", "width": 800, "height": 600, **fields})
    picture.file.name = "pictures/room.jpg"
    Picture.objects.bulk_create([picture])  # save() would look into the file
    return Picture.objects.latest("pk")


def make_reference(key: str, **fields) -> Reference:
    return Reference.objects.create(key=key, **{"authors": "Doe J", "title": f"On {key}", "year": 2020, **fields})


def make_question(**fields) -> Question:
    number = next(_numbers)
    fields = {
        "question": f"Question {number}?",
        "slug": f"question-{number}",
        "group": Question.Group.ABOUT,
        "answer": "<p>An answer.</p>",
        "position": number,
        **fields,
    }
    return Question.objects.create(**fields)


def make_review(article: Article, **fields) -> Review:
    fields = {
        "credential": "MD",
        "reviewed_on": date(2026, 11, 1),
        "next_due_on": date(2027, 11, 1),
        **fields,
    }
    clinician = fields.pop("clinician", None) or Clinician.objects.create(name="Robin Example", credential="MD")
    return Review.objects.create(article=article, clinician=clinician, **fields)


def make_text(key: str, body: str = "<p>A text.</p>", **fields) -> SiteText:
    return SiteText.objects.create(key=key, body=body, **fields)
