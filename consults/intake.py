"""Receiving a request: the one transaction after which nothing can be lost."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry
from locations.models import Location

from .client import count_form
from .models import Activity, Consent, ConsentText, ConsultRequest, SourceCount
from .models.request import email_hash, new_reference, note_hash, phone_hash
from .notifications import queue_confirmation, queue_staff_mail, queue_test_mails
from .pipeline import WAITING_FIELDS, wait_again
from .spam import Client, Verdict, judge

Purpose = ConsentText.Purpose
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

    @property
    def fingerprint(self) -> str:
        """Equal for two requests that say the same thing."""
        said = {**asdict(self, dict_factory=dict), "location": self.location and self.location.pk}
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
    consent_ids: tuple[int, ...] = (),
    is_test: bool = False,
) -> Receipt:
    """Store a request with its consent, its mails and its audit entry, all or nothing.

    The same answers again within 15 minutes give the first request back and tell nobody; later
    they are noted on it as "asked again" and staff are told.

    `consent_ids` are the wordings the form showed; the current ones stand in for any not given.
    `page` is the path the form was sent from, counted by day and not kept with the request.
    `is_test` is true for the site's own daily test: it is in no count, under no suspicion, and told
    to those who get alarms alone.
    """
    fingerprint = _test_fingerprint(now) if is_test else answers.fingerprint
    with transaction.atomic():
        # Asked first: an INSERT that is refused would stand in PostgreSQL's log with all its values.
        if not ConsultRequest.objects.filter(fingerprint=fingerprint).exists():
            try:
                with transaction.atomic():
                    if is_test:
                        return Receipt(_store_test(answers, source, now, consent_ids))
                    return Receipt(_store(answers, source, client, now, page, consent_ids))
            except IntegrityError:
                # The same submission, at the same moment, in another process?
                if _find(fingerprint) is None:
                    raise
        known = _find(fingerprint)
        if now - known.last_asked_at >= SAME_CLICK:
            _ask_again(known, now)
        return Receipt(known, is_repeat=True)


def _find(fingerprint: str) -> ConsultRequest | None:
    return ConsultRequest.objects.select_for_update().filter(fingerprint=fingerprint).first()


def _test_fingerprint(now: datetime) -> str:
    # A test says the same each day. What stays the same is a copy of it sent within the minute.
    return lookup_hash(f"{now:%Y-%m-%dT%H:%M}", purpose="test")


def _store(answers: Answers, source: str, client: Client, now: datetime, page: str, consent_ids) -> ConsultRequest:
    verdict = _judge(answers, client, now)
    request = _create(answers, source, consent_ids, now, client_hash=client.client_hash, **_suspicion(verdict))
    if not request.is_set_aside:
        queue_staff_mail(request, now=now)
        queue_confirmation(request, now=now)
    _count_source(page, now)
    return request


def _store_test(answers: Answers, source: str, now: datetime, consent_ids) -> ConsultRequest:
    request = _create(answers, source, consent_ids, now, is_test=True, fingerprint=_test_fingerprint(now))
    queue_test_mails(request, now=now)
    return request


def _suspicion(verdict: Verdict) -> dict:
    state = ConsultRequest.SpamState.QUARANTINED if verdict.is_suspect else ConsultRequest.SpamState.CLEAN
    return {"spam_state": state, "spam_reasons": verdict.codes}


def _create(answers: Answers, source: str, consent_ids, now: datetime, **fields) -> ConsultRequest:
    """Store the request itself, what it agreed to, and that it came in."""
    request = ConsultRequest.objects.create(
        reference=_free_reference(),
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
        **{"fingerprint": answers.fingerprint, **fields},
    )
    _keep_consents(request, answers, consent_ids, now)
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


def _judge(answers: Answers, client: Client, now: datetime) -> Verdict:
    return judge(
        name=answers.name,
        note=answers.note,
        client=client,
        from_client=count_form(client_hash=client.client_hash, now=now),
        same_note=_same_note(answers.note, client, now),
    )


def _same_note(note: str, client: Client, now: datetime) -> int:
    """How many requests of the last day hold the same note and came from elsewhere."""
    hashed = note_hash(note)
    if not hashed:
        return 0
    same = ConsultRequest.objects.filter(note_hash=hashed, asked_at__gt=now - timedelta(days=1))
    # Two requests from places that are not known did not come from one place.
    return (same.exclude(client_hash=client.client_hash) if client.client_hash else same).count()


def _free_reference() -> str:
    while ConsultRequest.objects.filter(reference=(reference := new_reference())).exists():
        pass
    return reference


def _keep_consents(request: ConsultRequest, answers: Answers, consent_ids: tuple[int, ...], now: datetime) -> None:
    """Write down which words were shown for each purpose, beside which box, and whether they were agreed to."""
    given = {
        # Said by sending the form: the wording stands above the button.
        Purpose.CONTACT: ("", True),
        Purpose.VOICEMAIL: ("may_name_clinic", answers.may_name_clinic),
        Purpose.TEXT: ("may_text", answers.may_text),
    }
    texts = {text.purpose: text for text in ConsentText.objects.filter(pk__in=consent_ids)} if consent_ids else {}
    if not given.keys() <= texts.keys():
        texts = {**ConsentText.all_current(), **texts}
    Consent.objects.bulk_create(
        Consent(request=request, text=text, box=box, is_given=is_given, at=now)
        for purpose, (box, is_given) in given.items()
        if (text := texts.get(purpose))
    )


def _count_source(page: str, now: datetime) -> None:
    if page:
        count, _ = SourceCount.objects.get_or_create(day=timezone.localdate(now), path=page)
        SourceCount.objects.filter(pk=count.pk).update(requests=F("requests") + 1)
