"""What may follow what: the steps staff take with a request, and where it stands after each.

Every step locks the request, refuses what may not follow, refuses to write over what somebody else
did since the page was opened, and leaves one activity and one audit entry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from clinic_site.core.models import AuditEntry
from locations.business_time import Calendars, load_calendars

from .clock import minutes_to_contact, next_working_morning
from .models import Activity, ConsultRequest, OpenedRequest
from .notifications import queue_staff_mails
from .presence import leave

Kind = Activity.Kind
Stage = ConsultRequest.Stage
SpamState = ConsultRequest.SpamState

# How far ahead a request can be put off.
LONGEST_WAIT = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Where an outcome leads. `stage` None: it stays where it is. `was_contacted`: reached, or a message left.

    `comes_back`: without a time chosen, it comes up again the next working morning.
    """

    stage: str | None
    was_contacted: bool = False
    comes_back: bool = False

    @property
    def ends(self) -> bool:
        return self.stage in {Stage.BOOKED, Stage.CLOSED}


OUTCOMES = {
    Kind.REACHED: Outcome(stage=Stage.IN_TOUCH, was_contacted=True),
    Kind.LEFT_MESSAGE: Outcome(stage=None, was_contacted=True, comes_back=True),
    Kind.NO_ANSWER: Outcome(stage=None, comes_back=True),
    Kind.TRY_AGAIN: Outcome(stage=None),
    Kind.BOOKED: Outcome(stage=Stage.BOOKED, was_contacted=True),
    Kind.NOT_A_FIT: Outcome(stage=Stage.CLOSED, was_contacted=True),
    Kind.WRONG_NUMBER: Outcome(stage=Stage.CLOSED),
    Kind.DUPLICATE: Outcome(stage=Stage.CLOSED),
}
# What `wait_again` sets, for `save(update_fields=...)`.
WAITING_FIELDS = ["stage", "waiting_since", "finished_at", "next_action_at", "reminded_at", "escalated_at"]

# From which states of suspicion each judgement leads to which.
JUDGEMENTS = {
    Kind.RELEASED: ([SpamState.QUARANTINED, SpamState.CONFIRMED], SpamState.RELEASED),
    Kind.CONFIRMED_SPAM: ([SpamState.QUARANTINED], SpamState.CONFIRMED),
}
# An audit entry names the requests of one operation up to this number; beyond, it counts them.
NAMED = 100
# As many values as every database takes in one statement.
BATCH = 500
# As many requests as one operation takes; whoever has more does it again.
MOST_AT_ONCE = 10_000


class NotPossible(Exception):
    """The request is in a stage from which this step does not lead anywhere."""


class Overtaken(NotPossible):
    """Somebody else did something since the page was opened: `activities`, in order."""

    def __init__(self, activities: list[Activity]) -> None:
        super().__init__(len(activities))
        self.activities = activities


def possible_outcomes(request: ConsultRequest) -> list[str]:
    """The outcomes staff can note now."""
    if request.is_set_aside:
        return []
    return list(OUTCOMES) if request.is_open else [Kind.REOPENED]


def next_morning(request: ConsultRequest, *, now: datetime) -> datetime:
    """Return when a request comes up again that nobody gave a time: as its clinic next begins a day's work."""
    return _next_morning(request, load_calendars(), now)


def _next_morning(request: ConsultRequest, calendars: Calendars, now: datetime) -> datetime:
    # A clinic that is closed for longer than a request can be put off looks at it on the last day.
    return min(next_working_morning(request.location_id, calendars=calendars, now=now), now + LONGEST_WAIT)


def can_come_back(until: datetime, *, now: datetime) -> bool:
    """True for a moment to which a request can be put off: later than now, 90 days ahead at most."""
    return now < until <= now + LONGEST_WAIT


@transaction.atomic
def note_outcome(
    *,
    request: ConsultRequest,
    kind: str,
    actor,
    now: datetime,
    until: datetime | None = None,
    note: str = "",
    seen: int | None = None,
) -> Activity:
    """Note what came of trying to reach a person.

    `until` is when the request comes up again; what ends a request leaves it out. `seen` is the pk of the
    newest activity on the page where the outcome was chosen, None when there was no page.
    Raises NotPossible for a step that may not follow, Overtaken when somebody else was there since.
    """
    request = lock(request, actor=actor, seen=seen)
    if kind not in possible_outcomes(request):
        raise NotPossible(kind)
    if kind == Kind.REOPENED:
        wait_again(request, now=now)
        until = None
    else:
        until = _apply(request, OUTCOMES[kind], kind, until, now)
    request.save(update_fields=["first_contact_at", "answered_minutes", *WAITING_FIELDS])
    leave(request=request, user=actor)
    return log(request, kind=kind, actor=actor, now=now, until=until, note=note)


def _apply(request: ConsultRequest, outcome: Outcome, kind: str, until: datetime | None, now: datetime):
    """Move the request, and return when it comes up again."""
    calendars = load_calendars()
    if outcome.ends:
        until = None
    elif until is None and outcome.comes_back:
        until = _next_morning(request, calendars, now)
    if until is None and kind == Kind.TRY_AGAIN:
        raise NotPossible("no time")
    if until is not None and not can_come_back(until, now=now):
        raise NotPossible("time out of range")
    request.stage = outcome.stage or request.stage
    request.finished_at = now if outcome.ends else None
    request.next_action_at = until
    if outcome.was_contacted and request.first_contact_at is None:
        request.first_contact_at = now
        request.answered_minutes = minutes_to_contact(request, calendars=calendars, at=now)
    return until


def wait_again(request: ConsultRequest, *, now: datetime) -> None:
    """Put a request that had ended back among those that wait, from `now` on. Saves nothing: see WAITING_FIELDS."""
    request.stage, request.waiting_since = Stage.WAITING, now
    request.finished_at = request.next_action_at = request.reminded_at = request.escalated_at = None


@transaction.atomic
def release(*, request: ConsultRequest, actor, now: datetime, seen: int | None = None) -> None:
    """Take a request out of quarantine: it waits like any other, and staff are told now.

    Raises NotPossible for one that is not set aside, Overtaken: see `pipeline`.
    """
    _judge_one(request, Kind.RELEASED, actor, now, seen)


@transaction.atomic
def confirm_spam(*, request: ConsultRequest, actor, now: datetime, seen: int | None = None) -> None:
    """Say that a quarantined request is spam. Raises NotPossible, Overtaken."""
    _judge_one(request, Kind.CONFIRMED_SPAM, actor, now, seen)


@transaction.atomic
def release_all(*, requests, actor, now: datetime) -> int:
    """Release those of the query set `requests` that are set aside, 10,000 at most.

    Return how many. One audit entry stands for all.
    """
    return _judge_all(requests, Kind.RELEASED, actor, now)


@transaction.atomic
def confirm_spam_all(*, requests, actor, now: datetime) -> int:
    """Confirm as spam those of the query set `requests` that are quarantined, 10,000 at most; return how many."""
    return _judge_all(requests, Kind.CONFIRMED_SPAM, actor, now)


def lock(request: ConsultRequest, *, actor, seen: int | None) -> ConsultRequest:
    """Return the request as it is now, locked. Raises Overtaken when somebody else added to it after `seen`."""
    request = ConsultRequest.objects.select_for_update().get(pk=request.pk)
    if seen is not None:
        since = list(request.activities.filter(pk__gt=seen).order_by("pk"))
        # Whoever deleted an account, or sent the form, is somebody else, too.
        others = [activity for activity in since if activity.actor_id is None or activity.actor_id != actor.pk]
        if others:
            raise Overtaken(others)
    return request


def log(request: ConsultRequest, *, kind: str, actor, now: datetime, until=None, note: str = "") -> Activity:
    """Add the activity and the audit entry of one step."""
    AuditEntry.record(action=_action("request", kind), subject=request.subject, now=now, actor=actor)
    return Activity.objects.create(
        request=request,
        kind=kind,
        at=now,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        until=until,
        note=note,
    )


def _action(what: str, kind: str) -> str:
    return f"{what}-{kind.replace('_', '-')}"


def _judge_one(request: ConsultRequest, kind: str, actor, now: datetime, seen: int | None) -> None:
    lock(request, actor=actor, seen=seen)
    rows = _to_judge(ConsultRequest.objects.filter(pk=request.pk), kind)
    if not rows:
        raise NotPossible(kind)
    _judge(rows, kind, actor, now)
    AuditEntry.record(action=_action("request", kind), subject=rows[0].subject, now=now, actor=actor)


def _judge_all(requests, kind: str, actor, now: datetime) -> int:
    rows = _to_judge(requests, kind)
    if rows:
        _judge(rows, kind, actor, now)
        names = {"requests": [row.reference for row in rows]} if len(rows) <= NAMED else {}
        AuditEntry.record(
            action=_action("requests", kind),
            subject="consults",
            now=now,
            actor=actor,
            count=len(rows),
            **names,
        )
    return len(rows)


def _to_judge(requests, kind: str) -> list[ConsultRequest]:
    """Those of `requests` that can be judged so, locked, with what the steps need and nothing to decrypt."""
    return list(
        requests.filter(spam_state__in=JUDGEMENTS[kind][0], is_test=False)
        .order_by("pk")
        .select_related(None)
        .select_related("location")
        .only("reference", "spam_state", "location__name")
        .select_for_update(of=("self",))[:MOST_AT_ONCE]
    )


def _judge(rows: list[ConsultRequest], kind: str, actor, now: datetime) -> None:
    for start in range(0, len(rows), BATCH):
        batch = [row.pk for row in rows[start : start + BATCH]]
        ConsultRequest.objects.filter(pk__in=batch).update(spam_state=JUDGEMENTS[kind][1])
        if actor:
            OpenedRequest.objects.filter(request__in=batch, user=actor).delete()
    name = actor.get_username() if actor else ""
    Activity.objects.bulk_create(
        [Activity(request=row, kind=kind, at=now, actor=actor, actor_name=name) for row in rows], batch_size=BATCH
    )
    if kind == Kind.RELEASED:
        queue_staff_mails(rows, now=now)
