"""Requests as a file: a table that no spreadsheet takes for formulas, or JSON; row by row, however many there are."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils import timezone

from clinic_site.core.models import AuditEntry
from locations.models import Location

from .models import ConsultRequest
from .models.request import ConsultRequestQuerySet
from .outreach import phone_text

logger = logging.getLogger(__name__)

# Read at once: small enough that memory stays flat, large enough that the database hardly notices.
PAGE = 500
# What Excel, LibreOffice and Google Sheets take for the start of a formula; the wide forms where keyboards have them.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class Format(models.TextChoices):
    CSV = "csv", "A table for a spreadsheet (CSV)"
    JSON = "json", "JSON, for another program"


class Reason(models.TextChoices):
    """Why requests leave the site. A code, never free words: the audit trail holds no values."""

    REPORT = "report", "A report or a count"
    SYSTEM = "system", "To enter them in another system of the clinic"
    REVIEW = "review", "To look through how requests were handled"
    LEGAL = "legal", "A question of law, or an authority asks"
    OTHER = "other", "Another reason"


class ExportBroke(Exception):
    """The file could not be finished. Raised without its cause, whose words may hold a value."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is exported. Days are the clinic's own, both included; no clinic means all that the user may see."""

    format: str
    reason: str
    since: date | None = None
    until: date | None = None
    location: Location | None = None
    unsure_only: bool = False
    stages: list[str] = field(default_factory=list)
    with_spam: bool = False
    with_contact: bool = False

    def requests(self, user) -> ConsultRequestQuerySet:
        """The requests that `user` may see and that were chosen."""
        found = ConsultRequest.objects.visible_to(user)
        found = found.filter(is_test=False) if self.with_spam else found.real()
        if self.since:
            found = found.filter(asked_at__gte=_midnight(self.since))
        if self.until:
            found = found.filter(asked_at__lt=_midnight(self.until + timedelta(days=1)))
        if self.location or self.unsure_only:
            found = found.filter(location=self.location)
        return found.filter(stage__in=self.stages) if self.stages else found

    @property
    def detail(self) -> dict:
        """What the audit trail keeps of the choice."""
        return {
            "format": self.format,
            "reason": self.reason,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "clinic": "unsure" if self.unsure_only else self.location and self.location.pk,
            "stages": list(self.stages),
            "spam": self.with_spam,
            "contact": self.with_contact,
        }


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _at(name: str) -> Callable[[ConsultRequest], datetime | None]:
    return lambda request: (moment := getattr(request, name)) and timezone.localtime(moment)


# Each column: its key in JSON, its heading in a table, and what stands in it.
COLUMNS: list[tuple[str, str, Callable]] = [
    ("reference", "Reference", lambda request: request.reference),
    ("asked_at", "Received", _at("asked_at")),
    ("last_asked_at", "Last asked", _at("last_asked_at")),
    ("clinic", "Clinic", lambda request: request.location.name if request.location else ""),
    ("stage", "Stage", lambda request: request.get_stage_display()),
    ("contact_by", "How to reach", lambda request: request.get_contact_by_display()),
    ("best_time", "Best time", lambda request: request.get_best_time_display()),
    ("may_name_clinic", "May name the clinic", lambda request: request.may_name_clinic),
    ("source", "Came from", lambda request: request.get_source_display()),
    ("first_contact_at", "First contact", _at("first_contact_at")),
    ("answered_minutes", "Answered within (minutes of opening time)", lambda request: request.answered_minutes),
    ("finished_at", "Ended", _at("finished_at")),
    ("spam_state", "Spam", lambda request: request.get_spam_state_display()),
]
CONTACT_COLUMNS: list[tuple[str, str, Callable]] = [
    ("name", "Name", lambda request: request.name),
    ("phone", "Phone", lambda request: phone_text(request.phone) if request.phone else ""),
    ("phone_as_typed", "Phone as typed", lambda request: request.phone_as_typed),
    ("email", "E-mail", lambda request: request.email),
    ("note", "Note", lambda request: request.note),
]


def cell(value) -> str:
    """Return `value` as the text of one cell that no spreadsheet computes.

    What could start a formula gets an apostrophe before it, which spreadsheets take for "this is
    text". So "+1 205 555 0142" keeps every digit and its plus, where Excel alone would make it a sum.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    # Blanks before it do not keep every spreadsheet from reading a formula.
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


class ExportStream:
    """The bytes of one export, a page of rows at a time. The audit trail keeps how it ended.

    Each page is a query of its own that goes on after the last row: no cursor and no transaction
    stays open while a slow browser reads, and what is erased meanwhile is not sent.
    """

    def __init__(self, *, choice: Choice, user, now: datetime, clock: Callable[[], datetime]) -> None:
        """Write the audit entry of the start. `clock` is asked for the time of the end."""
        self.choice, self.user, self.clock = choice, user, clock
        self.requests = choice.requests(user)
        self.columns = [*COLUMNS, *(CONTACT_COLUMNS if choice.with_contact else [])]
        self.rows, self.is_done, self.is_noted = 0, False, False
        self.entry = AuditEntry.record(
            action="requests-exported",
            subject="consults",
            now=now,
            actor=user,
            count=self.requests.count(),
            **choice.detail,
        )

    def __iter__(self) -> Iterator[bytes]:
        write = _csv if self.choice.format == Format.CSV else _json
        try:
            yield from write(self)
            self.is_done = True
        except Exception:
            logger.exception("export %s broke off", self.entry.pk)
            raise ExportBroke("The export broke off") from None
        finally:
            self.close()

    def close(self) -> None:
        """Note how many rows were sent, once. Called by the server, too, when the browser goes away."""
        if self.is_noted:
            return
        self.is_noted = True
        AuditEntry.record(
            action="export-ended" if self.is_done else "export-broke-off",
            subject="consults",
            now=self.clock(),
            actor=self.user,
            export=self.entry.pk,
            rows=self.rows,
        )

    def pages(self) -> Iterator[list[dict]]:
        """Yield the chosen rows, oldest first, a page at a time, as values by column."""
        last = 0
        while page := list(self._after(last)):
            yield [{key: read(request) for key, _, read in self.columns} for request in page]
            self.rows += len(page)
            last = page[-1].pk

    def _after(self, pk: int) -> ConsultRequestQuerySet:
        rows = self.requests.filter(pk__gt=pk).select_related("location").order_by("pk")[:PAGE]
        # What is not exported is not decrypted either.
        return rows if self.choice.with_contact else rows.defer(*(key for key, *_ in CONTACT_COLUMNS))


class _Line:
    """The file that csv.writer writes to: hands each line back."""

    def write(self, text: str) -> str:
        return text


def _csv(stream: ExportStream) -> Iterator[bytes]:
    """RFC 4180: commas, doubled quotes, CRLF. The mark at the start tells Excel that it is UTF-8."""
    line = csv.writer(_Line(), lineterminator="\r\n").writerow
    yield ("\ufeff" + line([heading for _, heading, _ in stream.columns])).encode()
    for page in stream.pages():
        yield "".join(line([cell(value) for value in row.values()]) for row in page).encode()


def _json(stream: ExportStream) -> Iterator[bytes]:
    """One array, a line for each request. Values stand as they are: no spreadsheet reads it."""
    before = "[\n"
    for page in stream.pages():
        lines = ",\n".join(json.dumps(row, default=datetime.isoformat, ensure_ascii=False) for row in page)
        yield (before + lines).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
