"""Requests as real ones are, with all that hangs on them.

Each day is made by itself, so that several processors can make days.

The same seed gives the same people, times and outcomes; only the encryption differs, as it must.
"""

import itertools
import json
import multiprocessing
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections

from clinic_site.core.encryption import encrypt, lookup_hash
from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import Activity, Consent, ConsentText, ConsultRequest, SourceCount
from consults.models.request import REFERENCE_ALPHABET, REFERENCE_LENGTH, email_hash, phone_hash
from locations.models import Location

from .bulk import Progress, loading, moment, store

DAYS = 3 * 365
# As long as spam is kept, and as a request stays open.
RECENT_DAYS = 30
FIRST_NAMES = [
    "Dana",
    "Robin",
    "Sam",
    "Alex",
    "Jamie",
    "Casey",
    "Morgan",
    "Riley",
    "Jordan",
    "Taylor",
    "Avery",
    "Quinn",
]
LAST_NAMES = ["Whitfield", "Example", "Testwood", "Sampleton", "Placeholder", "Mockford", "Dummett", "Fillerby"]
SEEN_BEFORE = 0.08  # the share of requests from a person who asked before
TABLES = {
    ConsultRequest: (
        "id", "reference", "asked_at", "last_asked_at", "location_id", "name", "phone", "phone_as_typed", "email",
        "contact_by", "best_time", "may_name_clinic", "note", "source", "stage", "waiting_since", "first_contact_at",
        "answered_minutes", "owner_id", "next_action_at", "finished_at", "is_test", "spam_state", "spam_reasons",
        "phone_hash", "email_hash", "client_hash", "note_hash", "fingerprint",
    ),
    Activity: ("request_id", "kind", "at", "actor_id", "actor_name", "until", "note"),
    Consent: ("request_id", "text_id", "is_given", "box", "at"),
    OutboxMessage: (
        "kind", "about", "to_address", "subject", "body", "message_id", "state", "attempt", "created_at", "due_at",
        "lease_until", "sent_at", "last_error",
    ),
    AuditEntry: ("at", "actor_id", "actor_name", "from_address", "action", "subject", "detail"),
}  # fmt: skip


def fill_requests(*, seed: int, requests: int, staff: list[User], now: datetime) -> None:
    """Store `requests` over three years up to `now`, in the order in which they came."""
    make = partial(make_day, seed=seed, people=People.there_are(staff), now=now)
    connections.close_all()  # no child may use what its parent has open
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool, loading(*TABLES):
        made = pool.imap(make, days_of(requests))
        for _ in Progress("requests").over(range(DAYS), total=requests):
            store_day(next(made))
    SourceCount.objects.bulk_create(
        (
            SourceCount(day=(now - timedelta(days=day)).date(), path=f"/articles/bench-{20 + number}/", requests=3)
            for day in range(DAYS)
            for number in range(min(30, requests // 100))
        ),
        batch_size=1000,
    )


def days_of(requests: int) -> list[tuple[int, int, int]]:
    """Spread so many requests evenly over the days: each day's number, its first request, the next day's first."""
    numbers = [requests * day // DAYS for day in range(DAYS + 1)]
    return [(day, first, last) for day, (first, last) in enumerate(itertools.pairwise(numbers))]


def store_day(rows_of: dict[type, list[tuple]]) -> None:
    """Store what `make_day` returned."""
    for table, rows in rows_of.items():
        store(table, TABLES[table], rows)


class People:
    """What the requests are made of that is the same in all of them."""

    def __init__(self, *, clinics: list, texts: dict, staff: list) -> None:
        self.clinics, self.texts, self.staff = clinics, texts, staff
        self.names = [encrypt(f"{first} {last}") for first in FIRST_NAMES for last in LAST_NAMES]
        self.notes = [encrypt(f"A short note, number {number}.") for number in range(100)]
        self.desks = {pk: encrypt(f"desk-{pk}@clinic.example") for pk, _ in clinics}
        self.site = settings.SITE_URL

    @classmethod
    def there_are(cls, staff: list[User]) -> "People":
        """What the database holds."""
        return cls(
            clinics=list(Location.objects.order_by("pk").values_list("pk", "name")),
            texts=dict(ConsentText.objects.values_list("purpose", "pk")),
            staff=[(user.pk, user.username) for user in staff],
        )


def reference(number: int) -> str:
    """The reference of the request with this number: one of its own, scattered over all there are."""
    number = number * 7_368_787 % 30**REFERENCE_LENGTH
    digits = []
    for _ in range(REFERENCE_LENGTH):
        number, place = divmod(number, 30)
        digits.append(REFERENCE_ALPHABET[place])
    return "".join(digits)


def phone(person: int) -> str:
    """The number of one person, as a phone dials it. Made by counting: nobody is meant."""
    area = ("205", "251", "256", "334", "659", "938")[person // 8_000_000 % 6]
    return f"+1-{area}-{200 + person // 10_000 % 800}-{person % 10_000:04}"


def make_day(day_of: tuple[int, int, int], *, seed: int, people: People, now: datetime) -> dict[type, list[tuple]]:
    """Return the rows of one day: those of the requests numbered from `first` up to `last`."""
    day, first, last = day_of
    draw = random.Random(f"{seed} {day}")
    rows = {table: [] for table in TABLES}
    seconds = sorted(_second(draw) for _ in range(first, last))
    for number, second in zip(range(first, last), seconds, strict=True):
        asked_at = now - timedelta(days=DAYS - 1 - day, hours=22) + timedelta(seconds=second)
        person = draw.randrange(number + 1) if draw.random() < SEEN_BEFORE else number
        _Request(draw, people, number, person, min(asked_at, now), now).add_to(rows)
    return rows


def _second(draw: random.Random) -> int:
    """A second of the day: four in five between early morning and late evening, most of them toward evening."""
    return int(draw.triangular(0, 86_399, 60_000) if draw.random() < 0.8 else draw.uniform(0, 86_399))


class _Request:
    """One request and what became of it."""

    def __init__(self, draw, people: People, number: int, person: int, asked_at: datetime, now: datetime) -> None:
        self.draw, self.people, self.number, self.asked_at, self.now = draw, people, number, asked_at, now
        self.pk, self.reference, self.subject = number + 1, reference(number), f"consult:{reference(number)}"
        self.clinic, self.place = draw.choice(people.clinics) if draw.random() < 0.8 else (None, "either clinic")
        self.dial = f"tel:{phone(person)}"
        self.email = f"person-{person}@mail.example" if draw.random() < 0.4 else ""
        self.contact_by = draw.choices(["call", "text", "email"], [6, 3, 1 if self.email else 0])[0]
        self.spam_state = "clean"
        if now - asked_at < timedelta(days=RECENT_DAYS):
            self.spam_state = draw.choices(["clean", "quarantined", "confirmed", "released"], [85, 4, 10, 1])[0]
        self.is_aside = self.spam_state in ("quarantined", "confirmed")
        self._decide()

    def _decide(self) -> None:
        """Choose how it went on: where it stands, when it was first answered, by whom."""
        draw, days = self.draw, (self.now - self.asked_at).days
        weights = [60, 30, 5, 5] if days < 1 else [3, 30, 40, 27] if days < RECENT_DAYS else [0.1, 0.9, 50, 49]
        self.stage = (
            "waiting" if self.is_aside else draw.choices(["waiting", "in_touch", "booked", "closed"], weights)[0]
        )
        self.end = {"booked": "booked", "closed": draw.choice(["not_a_fit", "wrong_number", "duplicate"])}.get(
            self.stage
        )
        self.was_contacted = self.stage in ("in_touch", "booked") or self.end == "not_a_fit"
        self.minutes = int(draw.lognormvariate(4, 1.2)) if self.was_contacted else None
        self.answered_at = min(self.asked_at + timedelta(minutes=self.minutes or 60), self.now)
        self.finished_at = min(self.answered_at + timedelta(days=draw.randrange(4)), self.now) if self.end else None
        is_open = self.stage in ("waiting", "in_touch") and not self.is_aside
        self.owner = draw.choice(self.people.staff) if self.was_contacted else (None, "")
        self.next_action_at = None
        if is_open and draw.random() < 0.5:
            self.next_action_at = self.now + timedelta(hours=draw.randint(-20, 300))

    def add_to(self, rows: dict[type, list[tuple]]) -> None:
        rows[ConsultRequest].append(self._row())
        rows[Activity] += self._activities()
        rows[Consent] += self._consents()
        if not self.is_aside:
            rows[OutboxMessage] += self._mails()
        rows[AuditEntry] += self._entries()

    def _row(self) -> tuple:
        draw, asked_at, spaced = self.draw, moment(self.asked_at), self.dial[7:]
        return (
            self.pk, self.reference, asked_at, asked_at, self.clinic, draw.choice(self.people.names),
            encrypt(self.dial), encrypt(spaced), encrypt(self.email),
            self.contact_by, draw.choice(["any", "morning", "afternoon", "evening"]), draw.random() < 0.6, "",
            draw.choices(["home", "article", "location", "consult"], [2, 4, 2, 3])[0], self.stage, asked_at,
            moment(self.answered_at) if self.was_contacted else None, self.minutes, self.owner[0],
            moment(self.next_action_at), moment(self.finished_at), False, self.spam_state,
            json.dumps(["trap"] if self.spam_state != "clean" else []), phone_hash(self.dial),
            email_hash(self.email), lookup_hash(f"{draw.randrange(10**9)}", purpose="client"), "",
            lookup_hash(str(self.number), purpose="fingerprint"),
        )  # fmt: skip

    def _activities(self) -> Iterator[tuple]:
        yield (self.pk, "received", moment(self.asked_at), None, "", None, "")
        for kind in self._steps():
            at, note = self.finished_at if kind == self.end else self.answered_at, ""
            if self.draw.random() < 0.2:
                note = self.draw.choice(self.people.notes)
            yield (self.pk, kind, moment(at), *self._actor(), None, note)

    def _steps(self) -> list[str]:
        if self.spam_state in ("confirmed", "released"):
            return ["confirmed_spam" if self.spam_state == "confirmed" else "released"]
        tried = ["no_answer"] if self.number % 3 == 0 and self.stage != "waiting" else []
        reached = [("left_message", "reached")[self.number % 2]] if self.was_contacted else []
        return [*tried, *reached, *([self.end] if self.end else [])]

    def _actor(self) -> tuple:
        return self.owner if self.owner[0] else self.people.staff[self.number % len(self.people.staff)]

    def _consents(self) -> Iterator[tuple]:
        boxes = {
            "contact": ("", True),
            "voicemail": ("may_name_clinic", self.number % 5 < 3),
            "text": ("may_text", self.contact_by == "text"),
        }
        for purpose, (box, is_given) in boxes.items():
            if purpose in self.people.texts:
                yield (self.pk, self.people.texts[purpose], is_given, box, moment(self.asked_at))

    def _mails(self) -> Iterator[tuple]:
        spoken = f"{self.reference[:4]}-{self.reference[4:]}"
        link = f"{self.people.site}/admin/consults/consultrequest/{self.pk}/change/"
        body = (
            f"There is a new request for {self.place}: {spoken}.\n\n"
            f"Sign in to see whom to contact, and how:\n{link}\n\n"
            "This mail holds no personal details, by design. Please do not answer it.\n"
        )
        at = moment(self.asked_at)
        desks = [self.clinic] if self.clinic else [pk for pk, _ in self.people.clinics[:2]]
        for pk in desks:
            yield (
                "staff", self.subject, self.people.desks[pk], f"New request {spoken} for {self.place}", body,
                f"<{self.number:024x}{pk:08x}@127.0.0.1>", "sent", 1, at, at, None, at, "",
            )  # fmt: skip
        if self.contact_by == "email":
            yield (
                "confirmation", self.subject, encrypt(self.email), "We have your request",
                f"We have your request. Its reference is {spoken}.\n\nThere is nothing more for you to do today.\n",
                f"<{self.number:024x}confirm@127.0.0.1>", "sent", 1, at, at, None, at, "",
            )  # fmt: skip

    def _entries(self) -> Iterator[tuple]:
        yield (moment(self.asked_at), None, "", None, "request-received", self.subject, "{}")
        for kind in self._steps():
            at = moment(self.finished_at if kind == self.end else self.answered_at)
            yield (at, *self._actor(), "192.0.2.10", f"request-{kind.replace('_', '-')}", self.subject, "{}")
        if self.was_contacted:
            yield (moment(self.answered_at), *self._actor(), "192.0.2.10", "request-viewed", self.subject, "{}")
