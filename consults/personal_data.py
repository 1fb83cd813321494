"""One person's data: found by a phone number or an address, given out as one file, erased."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from clinic_site.core.dashboard import recipient_of
from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.core.wiping import wipe

from .cleaning import clean_email, dialable
from .models import ConsultRequest
from .models.request import ConsultRequestQuerySet, email_hash, phone_hash
from .retention import delete_some

SALT = "consults.personal_data"
# How long a page that found somebody may be acted upon, in seconds.
STANDS_FOR = 60 * 60
# Keyed hashes of what the file holds anyway, and rows of the database: they tell the person nothing.
LEFT_OUT = {
    "id",
    "phone_hash",
    "email_hash",
    "client_hash",
    "note_hash",
    "fingerprint",
    "is_test",
    "owner",  # a member of the staff, whose name is not the person's to have
}


class Reason(models.TextChoices):
    """Why somebody's data is erased. Never free words: they would outlive the data."""

    ASKED = "asked", "The person asked for it"
    MISTAKE = "mistake", "It was sent by mistake"
    OTHER = "other", "Another reason"


@dataclass(frozen=True)
class Person:
    """Somebody, known by the keyed hash of a phone number or of an address, never by the thing itself."""

    by: str
    value: str

    def requests(self, user) -> ConsultRequestQuerySet:
        """All that came from this person and that `user` may see, spam included, oldest first."""
        visible = ConsultRequest.objects.visible_to(user)
        return visible.filter(**{f"{self.by}_hash": self.value}).order_by("asked_at", "pk")

    def signed(self) -> str:
        """Return this person as a text that a page can carry for an hour, and nobody can make up."""
        return signing.dumps([self.by, self.value], salt=SALT)


def read_person(term: str) -> Person | None:
    """Return whom a whole phone number or e-mail address names; None when `term` is neither."""
    if phone := dialable(term):
        return Person("phone", phone_hash(phone))
    try:
        email = clean_email(term)
    except ValidationError:
        return None
    return Person("email", email_hash(email)) if email else None


def read_signed(text: str) -> Person | None:
    """Return the person that `signed` wrote down; None after an hour, or when it was made up."""
    try:
        by, value = signing.loads(text, salt=SALT, max_age=STANDS_FOR)
    except (signing.BadSignature, ValueError):
        return None
    return Person(by, value)


def record_found(person: Person, *, user, now: datetime) -> list[ConsultRequest]:
    """Return the person's requests and note in the audit trail which were shown, and by what they were found."""
    requests = list(person.requests(user).select_related("location").defer(*ENCRYPTED))
    references = [request.reference for request in requests]
    AuditEntry.record(action="person-found", subject="consults", now=now, actor=user, by=person.by, requests=references)
    return requests


@transaction.atomic
def export_person(person: Person, *, user, now: datetime) -> dict:
    """Return everything that is kept of a person, ready for JSON. Each request's audit trail says that it was given."""
    requests = list(person.requests(user).select_related("location").prefetch_related("activities", "consents__text"))
    for request in requests:
        AuditEntry.record(action="request-given-out", subject=request.subject, now=now, actor=user)
    AuditEntry.record(action="person-exported", subject="consults", now=now, actor=user, found=len(requests))
    mails = OutboxMessage.objects.filter(about__in=[request.subject for request in requests])
    by_subject: dict[str, list] = {}
    for mail in mails.order_by("created_at", "pk"):
        by_subject.setdefault(mail.about, []).append(_mail(mail))
    return {
        "made_at": _moment(now),
        "requests": [_request(request, by_subject.get(request.subject, [])) for request in requests],
    }


def erase_person(person: Person, *, reason: str, expected: int, user, now: datetime) -> bool:
    """Delete all requests of a person with everything that hangs on them.

    False, and nothing is changed, when there are not `expected` requests: one may have come in meanwhile.
    """
    with transaction.atomic():
        requests = person.requests(user)
        # Locked, so that what was counted is what is deleted.
        if len(requests.select_for_update().values_list("pk")) != expected:
            return False
        while delete_some(requests, action="request-erased", now=now, actor=user, reason=reason):
            pass
        AuditEntry.record(
            action="person-erased", subject="consults", now=now, actor=user, requests=expected, reason=reason
        )
    wipe()
    return True


ENCRYPTED = ["name", "phone", "phone_as_typed", "email", "note"]


def _request(request: ConsultRequest, mails: list[dict]) -> dict:
    told = {
        field.name: _plain(getattr(request, field.name))
        for field in ConsultRequest._meta.concrete_fields
        if field.name not in LEFT_OUT
    }
    return {
        **told,
        "location": request.location and request.location.name,
        "activities": [
            {"at": _moment(activity.at), "what": activity.get_kind_display(), "note": activity.note}
            for activity in sorted(request.activities.all(), key=lambda activity: (activity.at, activity.pk))
        ],
        "consents": [
            {
                "about": consent.text.get_purpose_display(),
                "words": consent.text.body,
                "was_given": consent.is_given,
                "box": consent.box,
                "at": _moment(consent.at),
                "withdrawn_at": _plain(consent.withdrawn_at),
            }
            for consent in sorted(request.consents.all(), key=lambda consent: consent.pk)
        ],
        "mails": mails,
    }


def _mail(mail: OutboxMessage) -> dict:
    to_person = mail.kind == OutboxMessage.Kind.CONFIRMATION
    return {
        "to": recipient_of(mail) if to_person else "the clinic",
        "subject": mail.subject,
        "written_at": _moment(mail.created_at),
        "state": mail.get_state_display(),
        "sent_at": _plain(mail.sent_at),
    }


def _plain(value):
    return _moment(value) if isinstance(value, datetime) else value


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")
