"""Every request as tables, for a clinic that leaves. Names and notes stand in them in the clear."""

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import models
from django.utils import timezone

from consults.exports import COLUMNS, CONTACT_COLUMNS, cell
from consults.models import Activity, Consent, ConsultRequest

PAGE = 500


def export_requests(folder: Path) -> dict[str, int]:
    """Write requests.csv, activities.csv and consents.csv into `folder`, and return how many lines each has.

    Everything but the site's own tests, spam included.
    """
    requests = ConsultRequest.objects.filter(is_test=False).select_related("location")
    columns = [*COLUMNS, *CONTACT_COLUMNS]
    kept = {"request__is_test": False}
    return {
        "requests": _write(
            folder / "requests.csv",
            [heading for _, heading, _ in columns],
            ([read(request) for _, _, read in columns] for request in _pages(requests)),
        ),
        "activities": _write(
            folder / "activities.csv",
            ["Request", "At", "What", "By", "Again at", "Note"],
            map(_activity, _pages(Activity.objects.filter(**kept).select_related("request"))),
        ),
        "consents": _write(
            folder / "consents.csv",
            ["Request", "At", "About", "Agreed", "Withdrawn at", "Words"],
            map(_consent, _pages(Consent.objects.filter(**kept).select_related("request", "text"))),
        ),
    }


def _activity(activity: Activity) -> list:
    return [
        activity.request.reference,
        timezone.localtime(activity.at),
        activity.get_kind_display(),
        activity.actor_name,
        activity.until and timezone.localtime(activity.until),
        activity.note,
    ]


def _consent(consent: Consent) -> list:
    return [
        consent.request.reference,
        timezone.localtime(consent.at),
        consent.text.get_purpose_display(),
        consent.is_given,
        consent.withdrawn_at and timezone.localtime(consent.withdrawn_at),
        consent.text.body,
    ]


def _pages(rows: models.QuerySet) -> Iterator[models.Model]:
    """Yield `rows` by key, a page at a time: the site works on meanwhile, and memory stays flat."""
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield from page
        last = page[-1].pk


def _write(path: Path, headings: list[str], rows: Iterable[list]) -> int:
    count = 0
    private = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(private, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\r\n")
        table.writerow(headings)
        for row in rows:
            table.writerow([cell(value) for value in row])
            count += 1
    return count
