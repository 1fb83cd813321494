"""How entries of the initial content, or of another site's export, become rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from articles.models import (
    Article,
    CalloutBlock,
    EvidenceBlock,
    FigureBlock,
    ForbiddenWord,
    ProseBlock,
    Question,
    Reference,
    Review,
    Topic,
)
from clinic_site.core.models import ClinicIdentity, Page, Picture, Redirect, SiteText
from consults.models import ConsentText
from locations.models import Clinician, Closure, Hours, Location, LocationPhoto

from .content_files import ContentError, Entry

# The day on which the references marked `checked` were compared with their sources.
REFERENCES_CHECKED_ON = date(2026, 11, 25)
PUBLISHING_TIME = time(9)


def _save(row: models.Model, entry: Entry) -> models.Model:
    """Save `row` if it is good. A database full of half-valid rows would fail staff at their first edit."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise ContentError(f"{entry.where}: {entry.name}: {field}: {' '.join(messages)}") from error
    row.save()
    return row


def _save_as_old(row: models.Model, entry: Entry, modified_at: datetime | None) -> models.Model:
    """Save `row`, as old as its text is, where that is known: readers see the day of the last change."""
    _save(row, entry)
    if modified_at:
        type(row).objects.filter(pk=row.pk).update(modified_at=modified_at)
    return row


def _find(model: type[models.Model], entry: Entry, **wanted) -> models.Model:
    row = model.objects.filter(**wanted).first()
    if row is None:
        (value,) = wanted.values()
        raise ContentError(f"{entry.where}: there is no {model._meta.verbose_name} “{value}”; add it first")
    return row


def _create_as_it_stands(model: type[models.Model]) -> Callable[[Entry, datetime], None]:
    def create(entry: Entry, now: datetime) -> None:
        data = dict(entry.data)
        modified_at = data.pop("modified_at", None)
        _save_as_old(model(**data), entry, modified_at)

    return create


def _create_location(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    hours, photos, modified_at = data.pop("hours", []), data.pop("photos", []), data.pop("modified_at", None)
    location = _save_as_old(Location(**data), entry, modified_at)
    for stretch in hours:
        _save(Hours(location=location, **stretch), entry)
    for position, photo in enumerate(photos, 1):
        picture = _find(Picture, entry, file=photo["picture"])
        _save(LocationPhoto(location=location, picture=picture, caption=photo["caption"], position=position), entry)


def _create_picture(entry: Entry, now: datetime) -> None:
    """Store the file beside the entry under the name that it had, so that addresses stay the same."""
    name, path = entry.data["file"], entry.folder / "media" / entry.data["file"]
    if not path.is_file() or not path.resolve().is_relative_to((entry.folder / "media").resolve()):
        raise ContentError(f"{entry.where}: the file media/{name} is missing")
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(path.read_bytes()))
    _save(Picture(**entry.data, renditions_due_at=now), entry)


def _create_clinician(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    slugs, photo = data.pop("locations"), data.pop("photo", None)
    clinician = Clinician(**data, photo=photo and _find(Picture, entry, file=photo))
    _save(clinician, entry)
    clinician.locations.set([_find(Location, entry, slug=slug) for slug in slugs])


def _create_closure(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    slug = data.pop("location", None)
    del data["key"]
    _save(Closure(**data, location=slug and _find(Location, entry, slug=slug)), entry)


def _create_redirect(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    data["created_at"] = parse_datetime(data["created_at"]) or now
    data["is_manual"] = data["is_manual"] == "yes"
    _save(Redirect(**data), entry)


def _create_reference(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    checked_on = REFERENCES_CHECKED_ON if data.pop("checked") else None
    _save(Reference(**{"checked_on": checked_on, **data}), entry)


def _create_question(entry: Entry, now: datetime) -> None:
    groups = {label: value for value, label in Question.Group.choices}
    label = entry.data["group"]
    if label not in groups:
        raise ContentError(f"{entry.where}: {entry.name}: unknown group “{label}”; known are {', '.join(groups)}")
    data = {**entry.data, "group": groups[label]}
    modified_at = data.pop("modified_at", None)
    _save_as_old(Question(**data), entry, modified_at)


def _create_page(entry: Entry, now: datetime) -> None:
    data = {"position": Page.objects.count() + 1, **entry.data}
    modified_at = data.pop("modified_at", None)
    _save_as_old(Page(**data), entry, modified_at)


def _create_consent(entry: Entry, now: datetime) -> None:
    _save(ConsentText(**{"created_at": now, **entry.data}), entry)


def _create_article(entry: Entry, now: datetime) -> None:
    data = dict(entry.data)
    blocks, reviews = data.pop("blocks"), data.pop("reviews", [])
    topic = Topic.objects.filter(slug=data["topic"]).first()
    if topic is None:
        raise ContentError(f"{entry.where}: there is no topic “{data['topic']}”; add it first")
    published_on, modified_at = data.pop("published_on", None), data.pop("modified_at", None)
    if published_on:
        data["published_at"] = timezone.make_aware(datetime.combine(published_on, PUBLISHING_TIME))
    key_facts = "\n".join(map(str, data.pop("key_facts")))
    article = Article(**{**data, "topic": topic, "key_facts": key_facts})
    _save(article, entry)
    for place, block in enumerate(blocks, 1):
        ((kind, body),) = block.items()
        _save(BLOCKS[kind](body, entry, parent=article, region="main", ordering=10 * place), entry)
    article.count_words()
    # The text is as old as its publication, whenever this database was made.
    if modified_at or article.published_at:
        Article.objects.filter(pk=article.pk).update(modified_at=modified_at or article.published_at)
    for review in reviews:
        clinician = _find(Clinician, entry, name=review["clinician"])
        _save(Review(**{**review, "article": article, "clinician": clinician}), entry)


def _prose(body: str, entry: Entry, **place) -> ProseBlock:
    return ProseBlock(html=body, **place)


def _callout(body: dict, entry: Entry, **place) -> CalloutBlock:
    return CalloutBlock(look=body["kind"], heading=body["heading"], html=body["body"], **place)


def _evidence(body: dict, entry: Entry, **place) -> EvidenceBlock:
    lines = [" | ".join(map(str, cells)) for cells in (body["columns"], *body["rows"])]
    return EvidenceBlock(caption=body["caption"], table="\n".join(lines), note=body.get("note") or "", **place)


def _figure(body: dict, entry: Entry, **place) -> FigureBlock:
    return FigureBlock(picture=_find(Picture, entry, file=body["picture"]), caption=body["caption"], **place)


BLOCKS = {"prose": _prose, "callout": _callout, "evidence": _evidence, "figure": _figure}


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
    "pictures": Kind(_named(Picture, "file"), _create_picture),
    "locations": Kind(_named(Location, "slug"), _create_location),
    "closures": Kind(lambda entry: Closure.objects.none(), _create_closure),
    "clinicians": Kind(_named(Clinician, "name"), _create_clinician),
    "topics": Kind(_named(Topic, "slug"), _create_as_it_stands(Topic)),
    "references": Kind(_named(Reference, "key"), _create_reference),
    "articles": Kind(_named(Article, "slug"), _create_article),
    "questions": Kind(_named(Question, "slug"), _create_question),
    "pages": Kind(_named(Page, "slug"), _create_page),
    "texts": Kind(_named(SiteText, "key"), _create_as_it_stands(SiteText)),
    "consent": Kind(_named(ConsentText, "purpose"), _create_consent),
    "redirects": Kind(_named(Redirect, "old_path"), _create_redirect),
    "forbidden_words": Kind(_named(ForbiddenWord, "words"), _create_as_it_stands(ForbiddenWord)),
}
