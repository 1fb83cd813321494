"""What may follow what: the outcomes staff note, and the stage a request is in after each."""

from datetime import datetime

from django.db import transaction

from clinic_site.core.models import AuditEntry
from locations.business_time import load_calendars

from .clock import minutes_to_contact
from .models import Activity, ConsultRequest
from .notifications import queue_staff_mail

Kind = Activity.Kind
Stage = ConsultRequest.Stage
SpamState = ConsultRequest.SpamState

# Each outcome, the stage it leads to, and whether the person was contacted by it.
OUTCOMES = {
    Kind.REACHED: (Stage.IN_TOUCH, True),
    Kind.LEFT_MESSAGE: (Stage.WAITING, True),
    Kind.NO_ANSWER: (Stage.WAITING, False),
    Kind.BOOKED: (Stage.BOOKED, True),
    Kind.NOT_A_FIT: (Stage.CLOSED, True),
    Kind.WRONG_NUMBER: (Stage.CLOSED, False),
    Kind.DUPLICATE: (Stage.CLOSED, False),
}
# What `wait_again` sets, for `save(update_fields=...)`.
WAITING_FIELDS = ["stage", "waiting_since", "finished_at", "next_action_at", "reminded_at", "escalated_at"]


class NotPossible(Exception):
    """The request is in a stage from which this step does not lead anywhere."""


def possible_outcomes(request: ConsultRequest) -> list[str]:
    """The outcomes staff can note now."""
    if request.is_set_aside:
        return []
    return list(OUTCOMES) if request.is_open else [Kind.REOPENED]


@transaction.atomic
def note_outcome(*, request: ConsultRequest, kind: str, actor, now: datetime) -> Activity:
    """Note what came of trying to reach a person. Raises NotPossible for a step that may not follow."""
    request = ConsultRequest.objects.select_for_update().get(pk=request.pk)
    if kind not in possible_outcomes(request):
        raise NotPossible(kind)
    if kind == Kind.REOPENED:
        wait_again(request, now=now)
    else:
        request.stage, was_contacted = OUTCOMES[kind]
        request.finished_at = None if request.is_open else now
        request.next_action_at = None
        if was_contacted and request.first_contact_at is None:
            request.first_contact_at = now
            request.answered_minutes = minutes_to_contact(request, calendars=load_calendars(), at=now)
    request.save(update_fields=["first_contact_at", "answered_minutes", *WAITING_FIELDS])
    return _log(request, kind, actor, now)


def wait_again(request: ConsultRequest, *, now: datetime) -> None:
    """Put a request that had ended back among those that wait, from `now` on. Saves nothing: see WAITING_FIELDS."""
    request.stage, request.waiting_since = Stage.WAITING, now
    request.finished_at = request.next_action_at = request.reminded_at = request.escalated_at = None


@transaction.atomic
def release(*, request: ConsultRequest, actor, now: datetime) -> None:
    """Take a request out of quarantine: it waits like any other, and staff are told now."""
    request = _set_aside(request, SpamState.QUARANTINED, SpamState.CONFIRMED)
    request.spam_state = SpamState.RELEASED
    request.save(update_fields=["spam_state"])
    _log(request, Kind.RELEASED, actor, now)
    queue_staff_mail(request, now=now)


@transaction.atomic
def confirm_spam(*, request: ConsultRequest, actor, now: datetime) -> None:
    """Say that a quarantined request is spam."""
    request = _set_aside(request, SpamState.QUARANTINED)
    request.spam_state = SpamState.CONFIRMED
    request.save(update_fields=["spam_state"])
    _log(request, Kind.CONFIRMED_SPAM, actor, now)


def _set_aside(request: ConsultRequest, *states: str) -> ConsultRequest:
    request = ConsultRequest.objects.select_for_update().get(pk=request.pk)
    if request.spam_state not in states:
        raise NotPossible(request.spam_state)
    return request


def _log(request: ConsultRequest, kind: str, actor, now: datetime) -> Activity:
    AuditEntry.record(action=f"request-{kind.replace('_', '-')}", subject=request.subject, now=now, actor=actor)
    return Activity.objects.create(
        request=request, kind=kind, at=now, actor=actor, actor_name=actor.get_username() if actor else ""
    )
