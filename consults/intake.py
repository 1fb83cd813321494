"""Receiving a request: the one transaction after which nothing can be lost."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property, partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic_site.core.counting import count_one_more
from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry
from clinic_site.core.waiting_line import in_line
from locations.models import Location

from .client import count_form
from .models import Activity, Consent, ConsentText, ConsultRequest, SourceCount
from .models.request import email_hash, new_reference, note_hash, phone_hash
from .notifications import (
    queue_confirmation,
    queue_staff_mail,
    queue_staff_mails,
    queue_test_mails,
    staff_addresses,
)
from .pipeline import WAITING_FIELDS, wait_again
from .spam import Client, Verdict, judge

Purpose = ConsentText.Purpose
Wordings = dict[str, ConsentText | None]
# The same request again within this time is a second click, Back or a refresh.
SAME_CLICK = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one person told the form, cleaned. `phone` is dialable or '', the rest as typed.

    `may_text` is true only for who chose to be texted and ticked the box for it.
    """

    location: Location | None
    name: str
    contact_by: str
    phone: str = ""
    phone_as_typed: str = ""
    email: str = ""
    best_time: str = ConsultRequest.BestTime.ANY
    may_name_clinic: bool = False
    may_text: bool = False
    note: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two requests that say the same thing."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        said["location"] = self.location and self.location.pk
        del said["may_text"]  # follows from how they want to be reached
        said["email"] = self.email.casefold()
        # The dialable form counts, not the way it was typed.
        said["phone_as_typed"] = self.phone or self.phone_as_typed
        text = "\0".join(f"{key}={said[key]}" for key in sorted(said))
        return lookup_hash(text, purpose="fingerprint")


@dataclass(frozen=True)
class Receipt:
    """What came of a submission: the request it belongs to, and whether it was known before."""

    request: ConsultRequest
    is_repeat: bool = False


def receive_consult(
    *,
    answers: Answers,
    source: str,
    client: Client,
    now: datetime,
    page: str = "",
    wordings: Wordings | None = None,
    addresses: list[str] | None = None,
    is_test: bool = False,
) -> Receipt:
    """Store a request with its consent, its mails and its audit entry, all or nothing.

    The same answers again within 15 minutes give the first request back and tell nobody; later
    they are noted on it as "asked again" and staff are told.

    `wordings` are those that the form showed, by purpose; None stands for the current ones.
    `addresses` are those of the staff to tell, as far as they have been read; None: they are read now.
    `page` is the path the form was sent from, counted by day and not kept with the request.
    `is_test` is true for the site's own daily test: it is in no count, under no suspicion, and told
    to those who get alarms alone.
    """
    fingerprint = _test_fingerprint(now) if is_test else answers.fingerprint
    if known := _known(fingerprint, now):
        return known
    # What is only read is read before the transaction begins: on SQLite nobody else can write while it lasts.
    wordings = ConsentText.all_current() if wordings is None else wordings
    if is_test:
        store = partial(_store_test, answers, wordings, source, now)
    else:
        addresses = staff_addresses(answers.location) if addresses is None else addresses
        store = partial(_store, answers, wordings, addresses, source, client, now, page)
    try:
        return Receipt(store())
    except IntegrityError:
        # The same submission, at the same moment, in another process? If not, the reference is taken, which
        # happens to one in half a million while a million are kept: the next one is another.
        return _known(fingerprint, now) or Receipt(store())


def _known(fingerprint: str, now: datetime) -> Receipt | None:
    """The request that says the same, noted as asked again unless it was the same click; None when there is none.

    Asked before anything is stored: an INSERT that is refused would stand in PostgreSQL's log with all its values.
    """
    same = ConsultRequest.objects.filter(fingerprint=fingerprint)
    if not same.exists():  # as most are: nobody has to wait for a write lock to learn that
        return None
    with transaction.atomic():
        request = same.select_for_update().first()
        if request is None:
            return None
        if now - request.last_asked_at >= SAME_CLICK:
            _ask_again(request, now)
        return Receipt(request, is_repeat=True)


def _test_fingerprint(now: datetime) -> str:
    # A test says the same each day. What stays the same is a copy of it sent within the minute.
    return lookup_hash(f"{now:%Y-%m-%dT%H:%M}", purpose="test")


def _store(
    answers: Answers,
    wordings: Wordings,
    addresses: list[str],
    source: str,
    client: Client,
    now: datetime,
    page: str,
) -> ConsultRequest:
    same_note = _same_note(answers.note, client, now)
    with in_line(), transaction.atomic():
        from_client = count_form(client_hash=client.client_hash, now=now)
        verdict = judge(
            name=answers.name, note=answers.note, client=client, from_client=from_client, same_note=same_note
        )
        request = _create(answers, wordings, source, now, client_hash=client.client_hash, **_suspicion(verdict))
        if not request.is_set_aside:
            queue_staff_mails([request], now=now, addresses={request.location_id: addresses})
            queue_confirmation(request, now=now)
        if page:
            count_one_more(SourceCount, count="requests", day=timezone.localdate(now), path=page)
    return request


def _store_test(answers: Answers, wordings: Wordings, source: str, now: datetime) -> ConsultRequest:
    with transaction.atomic():
        request = _create(answers, wordings, source, now, is_test=True, fingerprint=_test_fingerprint(now))
        queue_test_mails(request, now=now)
    return request


def _suspicion(verdict: Verdict) -> dict:
    state = ConsultRequest.SpamState.QUARANTINED if verdict.is_suspect else ConsultRequest.SpamState.CLEAN
    return {"spam_state": state, "spam_reasons": verdict.codes}


def _create(answers: Answers, wordings: Wordings, source: str, now: datetime, **more) -> ConsultRequest:
    """Store the request itself, what it agreed to, and that it came in."""
    request = ConsultRequest.objects.create(
        reference=new_reference(),
        asked_at=now,
        last_asked_at=now,
        waiting_since=now,
        location=answers.location,
        name=answers.name,
        phone=answers.phone,
        phone_as_typed=answers.phone_as_typed,
        email=answers.email,
        contact_by=answers.contact_by,
        best_time=answers.best_time,
        may_name_clinic=answers.may_name_clinic,
        note=answers.note,
        source=source,
        phone_hash=phone_hash(answers.phone),
        email_hash=email_hash(answers.email),
        note_hash=note_hash(answers.note),
        **{"fingerprint": answers.fingerprint, **more},
    )
    _keep_consents(request, answers, wordings, now)
    Activity.objects.create(request=request, kind=Activity.Kind.RECEIVED, at=now)
    AuditEntry.record(action="request-received", subject=request.subject, now=now)
    return request


def _ask_again(request: ConsultRequest, now: datetime) -> None:
    request.last_asked_at = now
    if not request.is_open:
        wait_again(request, now=now)
    # Whoever asks again is not to wait for the day to which they were put off.
    request.next_action_at = None
    if request.spam_state == ConsultRequest.SpamState.CONFIRMED:
        # Somebody insists: staff look once more.
        request.spam_state = ConsultRequest.SpamState.QUARANTINED
    request.save(update_fields=["last_asked_at", "spam_state", *WAITING_FIELDS])
    Activity.objects.create(request=request, kind=Activity.Kind.ASKED_AGAIN, at=now)
    AuditEntry.record(action="request-asked-again", subject=request.subject, now=now)
    if not request.is_set_aside:
        queue_staff_mail(request, now=now, asked_again=True)


def _same_note(note: str, client: Client, now: datetime) -> int:
    """How many requests of the last day hold the same note and came from elsewhere."""
    hashed = note_hash(note)
    if not hashed:
        return 0
    same = ConsultRequest.objects.filter(note_hash=hashed, asked_at__gt=now - timedelta(days=1))
    # Two requests from places that are not known did not come from one place.
    return (same.exclude(client_hash=client.client_hash) if client.client_hash else same).count()


def _keep_consents(request: ConsultRequest, answers: Answers, wordings: Wordings, now: datetime) -> None:
    """Write down which words were shown for each purpose, beside which box, and whether they were agreed to."""
    given = {
        # Said by sending the form: the wording stands above the button.
        Purpose.CONTACT: ("", True),
        Purpose.VOICEMAIL: ("may_name_clinic", answers.may_name_clinic),
        Purpose.TEXT: ("may_text", answers.may_text),
    }
    Consent.objects.bulk_create(
        Consent(request=request, text=text, box=box, is_given=is_given, at=now)
        for purpose, (box, is_given) in given.items()
        if (text := wordings.get(purpose))
    )
