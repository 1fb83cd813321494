"""What staff do with a request besides reaching the person: notes, who owns it, a phone number put right."""

from datetime import datetime

from django.db import transaction

from .models import Activity, ConsultRequest
from .models.request import phone_hash
from .outreach import phone_text
from .pipeline import NotPossible, lock, log
from .presence import person_name

Kind = Activity.Kind


@transaction.atomic
def add_note(*, request: ConsultRequest, actor, now: datetime, note: str, seen: int | None = None) -> Activity:
    """Keep a note and change nothing else. Raises NotPossible without words, Overtaken."""
    request = lock(request, actor=actor, seen=seen)
    if not note:
        raise NotPossible("no words")
    return log(request, kind=Kind.NOTE, actor=actor, now=now, note=note)


@transaction.atomic
def take_on(*, request: ConsultRequest, actor, now: datetime, seen: int | None = None) -> str:
    """Make `actor` the owner, and return the name of who owned it until now, '' for nobody.

    Raises NotPossible when it is theirs already or no longer open, Overtaken.
    """
    request = lock(request, actor=actor, seen=seen)
    if not request.is_open or request.is_set_aside or request.owner_id == actor.pk:
        raise NotPossible(request.stage)
    before = person_name(request.owner) if request.owner else ""
    request.owner = actor
    request.save(update_fields=["owner"])
    note = f"Until now with {before}." if before else ""
    log(request, kind=Kind.TAKEN, actor=actor, now=now, note=note)
    return before


@transaction.atomic
def hand_back(*, request: ConsultRequest, actor, now: datetime, seen: int | None = None) -> None:
    """Leave a request without an owner. Raises NotPossible when `actor` is not its owner, Overtaken."""
    request = lock(request, actor=actor, seen=seen)
    if request.owner_id != actor.pk:
        raise NotPossible("not the owner")
    request.owner = None
    request.save(update_fields=["owner"])
    log(request, kind=Kind.HANDED_BACK, actor=actor, now=now)


@transaction.atomic
def correct_phone(*, request: ConsultRequest, phone: str, actor, now: datetime, seen: int | None = None) -> None:
    """Set the number that is dialed, in RFC 3966. What the person typed stays; the number before is in the note.

    Raises NotPossible when it is the number already, Overtaken.
    """
    request = lock(request, actor=actor, seen=seen)
    if request.phone == phone:
        raise NotPossible("the same number")
    before = request.phone
    request.phone, request.phone_hash = phone, phone_hash(phone)
    request.save(update_fields=["phone", "phone_hash"])
    note = f"Until now: {phone_text(before)}" if before else ""
    log(request, kind=Kind.PHONE_CORRECTED, actor=actor, now=now, note=note)
