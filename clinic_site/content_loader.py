"""The initial content, loaded once into each database.

Every entry is offered to a database a single time and remembered in LoadedContent. From then on
the row belongs to the staff: loading again never overwrites what they changed and never brings
back what they deleted. A row they made before under the same name is left alone as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from articles.models import Article, CalloutBlock, EvidenceBlock, ForbiddenWord, ProseBlock, Question, Reference, Topic
from clinic_site.core.models import ClinicIdentity, LoadedContent, Page, SiteText
from consults.models import ConsentText
from locations.models import Location

from . import search
from .content_files import ContentError, Entry, read_content

FOLDER = Path(__file__).resolve().parent / "content"
# The day on which the references marked `checked` were compared with their sources.
REFERENCES_CHECKED_ON = date(2026, 11, 25)
PUBLISHING_TIME = time(9)


def load_content(*, now: datetime, folder: Path = FOLDER) -> list[Entry]:
    """Create what this database was never offered, in one transaction, and return it.

    Raises ContentError, and writes nothing, when any entry is not good.
    """
    entries = read_content(folder)
    created = []
    with transaction.atomic():
        loaded = set(LoadedContent.objects.values_list("kind", "key"))
        for entry in entries:
            if (entry.kind, entry.name) in loaded:
                continue
            kind = KINDS[entry.kind]
            if not kind.rows(entry).exists():
                kind.create(entry, now)
                created.append(entry)
            LoadedContent.objects.create(kind=entry.kind, key=entry.name, loaded_at=now)
        if created:
            search.reindex()
    return created


def _save(row: models.Model, entry: Entry) -> models.Model:
    """Save `row` if it is good. A database full of half-valid rows would fail staff at their first edit."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise ContentError(f"{entry.where}: {entry.name}: {field}: {' '.join(messages)}") from error
    row.save()
    return row


def _create_as_it_stands(model: type[models.Model]) -> Callable[[Entry, datetime], None]:
    return lambda entry, now: _save(model(**entry.data), entry)


def _create_reference(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    checked_on = REFERENCES_CHECKED_ON if data.pop("checked") else None
    _save(Reference(**data, checked_on=checked_on), entry)


def _create_question(entry: Entry, now: datetime) -> None:
    groups = {label: value for value, label in Question.Group.choices}
    label = entry.data["group"]
    if label not in groups:
        raise ContentError(f"{entry.where}: {entry.name}: unknown group “{label}”; known are {', '.join(groups)}")
    _save(Question(**{**entry.data, "group": groups[label]}), entry)


def _create_page(entry: Entry, now: datetime) -> None:
    _save(Page(**entry.data, position=Page.objects.count() + 1), entry)


def _create_consent(entry: Entry, now: datetime) -> None:
    _save(ConsentText(**entry.data, created_at=now), entry)


def _create_article(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    blocks = data.pop("blocks")
    topic = Topic.objects.filter(slug=data["topic"]).first()
    if topic is None:
        raise ContentError(f"{entry.where}: there is no topic “{data['topic']}”; add it first")
    published_at = timezone.make_aware(datetime.combine(data.pop("published_on"), PUBLISHING_TIME))
    key_facts = "\n".join(map(str, data.pop("key_facts")))
    article = Article(**{**data, "topic": topic, "key_facts": key_facts, "published_at": published_at})
    _save(article, entry)
    for place, block in enumerate(blocks, 1):
        ((kind, body),) = block.items()
        _save(BLOCKS[kind](body, parent=article, region="main", ordering=10 * place), entry)
    article.count_words()
    # The text is as old as its publication, whenever this database was made.
    Article.objects.filter(pk=article.pk).update(modified_at=published_at)


def _prose(body: str, **place) -> ProseBlock:
    return ProseBlock(html=body, **place)


def _callout(body: dict, **place) -> CalloutBlock:
    return CalloutBlock(look=body["kind"], heading=body["heading"], html=body["body"], **place)


def _evidence(body: dict, **place) -> EvidenceBlock:
    lines = [" | ".join(map(str, cells)) for cells in (body["columns"], *body["rows"])]
    return EvidenceBlock(caption=body["caption"], table="\n".join(lines), note=body.get("note") or "", **place)


BLOCKS = {"prose": _prose, "callout": _callout, "evidence": _evidence}


@dataclass(frozen=True)
class Kind:
    """How entries of one kind become rows: the rows one would collide with, and how to make it."""

    rows: Callable[[Entry], models.QuerySet]
    create: Callable[[Entry, datetime], object]


def _named(model: type[models.Model], field: str) -> Callable[[Entry], models.QuerySet]:
    return lambda entry: model.objects.filter(**{field: entry.name})


KINDS = {
    # There is one identity, whatever its name.
    "identity": Kind(lambda entry: ClinicIdentity.objects.all(), _create_as_it_stands(ClinicIdentity)),
    "locations": Kind(_named(Location, "slug"), _create_as_it_stands(Location)),
    "topics": Kind(_named(Topic, "slug"), _create_as_it_stands(Topic)),
    "references": Kind(_named(Reference, "key"), _create_reference),
    "articles": Kind(_named(Article, "slug"), _create_article),
    "questions": Kind(_named(Question, "slug"), _create_question),
    "pages": Kind(_named(Page, "slug"), _create_page),
    "texts": Kind(_named(SiteText, "key"), _create_as_it_stands(SiteText)),
    "consent": Kind(_named(ConsentText, "purpose"), _create_consent),
    "forbidden_words": Kind(_named(ForbiddenWord, "words"), _create_as_it_stands(ForbiddenWord)),
}
