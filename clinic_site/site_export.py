"""Content and pictures as plain files, so that a clinic can leave; `load_content` can load them again."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from articles.models import Article, ForbiddenWord, Question, Reference, Review, Topic
from clinic_site.core.media_files import FileUnreadable, read_stored
from clinic_site.core.models import ClinicIdentity, Page, Picture, Redirect, SiteText
from consults.models import ConsentText
from locations.models import Clinician, Closure, Location

from .content_shapes import SHAPES

README = """\
This is the whole website as plain files, written on {day}.

content/              what readers see, as text files (YAML). Another copy of this website loads it with
                      `manage.py load_content --from content` into an empty database.
content/articles/     one file an article, with its blocks, sources, dates and reviews
content/media/        the pictures, as files; media/pictures/ holds what was uploaded and what was made of it
content/redirects.csv where readers of old addresses are sent
{requests}
Not in here: the accounts of the staff, who gets mail, earlier versions of texts, search words, and the audit trail.
A backup (`manage.py backup`) holds all of that, for this website only.
"""
REQUESTS = """\
requests/             everybody who asked for a consult: names, numbers, notes. Keep it as you keep patient files.
  requests.csv        one line a request
  activities.csv      what was done with it, and the notes of the staff
  consents.csv        what each person agreed to, word for word
"""


class _Text(yaml.SafeDumper):
    """Long texts as blocks that people can read and edit."""


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Text.add_representer(str, _represent_text)


def export_content(folder: Path) -> dict[str, int]:
    """Write all content below `folder`, and return how many entries of each kind there are."""
    counts = {}
    for kind, entries in CONTENT.items():
        found = list(entries())
        counts[kind] = len(found)
        if kind == "articles":
            (folder / kind).mkdir()
            for number, entry in enumerate(found, 1):
                # Loaded in this order: among articles of one minute the older row comes first.
                _write(folder / kind / f"{number:04}-{entry['slug']}.yaml", entry)
        elif kind == "redirects":
            _write_table(folder / "redirects.csv", found)
        else:
            _write(folder / f"{kind}.yaml", found)
    return counts


def export_media(folder: Path) -> tuple[int, list[str]]:
    """Write every file of the pictures below `folder`. Returns how many there are, and which could not be read."""
    count, unreadable = 0, []
    for picture in Picture.objects.order_by("pk").prefetch_related("renditions"):
        for name in (picture.file.name, *(row.file.name for row in picture.renditions.all())):
            try:
                content = read_stored(name)
            except FileUnreadable:
                unreadable.append(name)
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count += 1
    return count, unreadable


def readme(*, with_requests: bool, now: datetime) -> str:
    """Return what the files are, in plain words."""
    return README.format(day=f"{timezone.localtime(now):%B %-d, %Y}", requests=REQUESTS if with_requests else "")


def _write(path: Path, content: Any) -> None:
    text = yaml.dump(content, Dumper=_Text, allow_unicode=True, sort_keys=False, width=110)
    path.write_text(text, encoding="utf-8")


def _write_table(path: Path, rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(SHAPES["redirects"].types))
        table.writeheader()
        table.writerows(rows)


def _fields(kind: str, row: models.Model) -> dict:
    """Return the entry of `row`: the plain fields of its kind. What is empty and may be missing is left out."""
    shape = SHAPES[kind]
    plain = {name: type_ for name, type_ in shape.types.items() if type_ is not list and hasattr(row, name)}
    values = {name: _plain(getattr(row, name), as_text=type_ is str) for name, type_ in plain.items()}
    return {name: value for name, value in values.items() if not (value is None and name in shape.optional)}


def _plain(value: Any, *, as_text: bool) -> Any:
    if isinstance(value, PhoneNumber):
        return value.as_rfc3966  # the only form that keeps an extension
    return str(value) if as_text and value is not None else value


def _all(kind: str, rows: models.QuerySet) -> Callable[[], Iterator[dict]]:
    return lambda: (_fields(kind, row) for row in rows.all())


def _pictures() -> Iterator[dict]:
    # One whose file is gone could not be loaded again.
    rows = Picture.objects.order_by("pk")
    return (_fields("pictures", row) for row in rows if default_storage.exists(row.file.name))


def _locations() -> Iterator[dict]:
    for location in Location.objects.order_by("pk").prefetch_related("hours", "photos__picture"):
        hours = sorted(location.hours.all(), key=lambda row: (row.weekday, row.opens))
        photos = sorted(location.photos.all(), key=lambda row: (row.position, row.pk))
        yield {
            **_fields("locations", location),
            "hours": [
                {"weekday": row.weekday, "opens": row.opens.isoformat(), "closes": row.closes.isoformat()}
                for row in hours
            ],
            "photos": [{"picture": row.picture.file.name, "caption": row.caption} for row in photos],
        }


def _closures() -> Iterator[dict]:
    for closure in Closure.objects.order_by("pk").select_related("location"):
        place = {"location": closure.location.slug} if closure.location else {}
        yield {"key": f"closure-{closure.pk}", **_fields("closures", closure), **place}


def _clinicians() -> Iterator[dict]:
    for clinician in Clinician.objects.order_by("pk").select_related("photo").prefetch_related("locations"):
        photo = {"photo": clinician.photo.file.name} if clinician.photo else {}
        slugs = sorted(location.slug for location in clinician.locations.all())
        yield {**_fields("clinicians", clinician), **photo, "locations": slugs}


def _references() -> Iterator[dict]:
    for reference in Reference.objects.order_by("pk"):
        yield {**_fields("references", reference), "checked": reference.checked_on is not None}


def _questions() -> Iterator[dict]:
    for question in Question.objects.order_by("pk"):
        yield {**_fields("questions", question), "group": question.get_group_display()}


def _consent() -> Iterator[dict]:
    current = (ConsentText.current(purpose) for purpose in ConsentText.Purpose.values)
    return (_fields("consent", text) for text in current if text)


def _redirects() -> Iterator[dict]:
    for row in Redirect.objects.order_by("old_path"):
        yield {
            "old_path": row.old_path,
            "new_path": row.new_path,
            "is_manual": "yes" if row.is_manual else "",
            "created_at": row.created_at.isoformat(),
        }


def _articles() -> Iterator[dict]:
    for article in Article.objects.order_by("pk").select_related("topic").prefetch_related("reviews__clinician"):
        reviews = sorted(article.reviews.all(), key=lambda row: row.pk)
        yield {
            **_fields("articles", article),
            "topic": article.topic.slug,
            "key_facts": article.key_fact_list,
            "blocks": [_block(block) for block in article.blocks()],
            "reviews": [_review(row) for row in reviews],
        }


def _review(review: Review) -> dict:
    entry = {
        "clinician": review.clinician.name,
        "credential": review.credential,
        "scope": review.scope,
        "reviewed_on": review.reviewed_on,
        "next_due_on": review.next_due_on,
    }
    return {**entry, "voided_at": review.voided_at} if review.voided_at else entry


def _block(block: models.Model) -> dict:
    match block.kind:
        case "prose":
            return {"prose": block.html}
        case "callout":
            return {"callout": {"kind": block.look, "heading": block.heading, "body": block.html}}
        case "evidence":
            columns, *rows = block.cells
            return {"evidence": {"caption": block.caption, "columns": columns, "rows": rows, "note": block.note}}
        case "figure":
            return {"figure": {"picture": block.picture.file.name, "caption": block.caption}}
    raise TypeError(f"Nobody has said how a block of the kind {block.kind} is exported")


CONTENT: dict[str, Callable[[], Iterator[dict]]] = {
    "identity": _all("identity", ClinicIdentity.objects.all()),
    "pictures": _pictures,
    "locations": _locations,
    "closures": _closures,
    "clinicians": _clinicians,
    "topics": _all("topics", Topic.objects.order_by("pk")),
    "references": _references,
    "articles": _articles,
    "questions": _questions,
    "pages": _all("pages", Page.objects.order_by("pk")),
    "texts": _all("texts", SiteText.objects.order_by("pk")),
    "consent": _consent,
    "redirects": _redirects,
    "forbidden_words": _all("forbidden_words", ForbiddenWord.objects.order_by("pk")),
}
