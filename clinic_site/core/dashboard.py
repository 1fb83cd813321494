"""What the admin tells of mails and of the worker that sends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from .models import OutboxMessage, WorkerBeat

WORKER_IS_LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Banner:
    """A warning at the top of every admin page, until its cause is gone. `url` leads to the remedy."""

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class MailRow:
    """One mail as staff see it. `recipient` never names a person who asked for a consult."""

    pk: int
    kind: str
    subject: str
    recipient: str
    state: str
    said: str
    attempts: int
    created_at: datetime
    next_try_at: datetime | None
    has_trouble: bool


def banners(*, now: datetime) -> list[Banner]:
    """Return what keeps mails from leaving."""
    found = []
    if not settings.MAIL_IS_CONFIGURED:
        found.append(
            Banner(
                text="Mails are written to var/mail, not sent: no mail server is set (EMAIL_URL). "
                "Nobody is told of a new request."
            )
        )
    if not worker_is_alive(now=now):
        seen_at = WorkerBeat.objects.aggregate(seen_at=models.Max("seen_at"))["seen_at"]
        since = f"since {timezone.localtime(seen_at):%B %-d, %-I:%M %p}" if seen_at else "yet"
        found.append(
            Banner(
                text=f"No mail leaves the site: the worker that sends them has not been seen {since}. Start it again."
            )
        )
    return found


def worker_is_alive(*, now: datetime) -> bool:
    """True when some worker left a sign of life within the last two minutes."""
    return WorkerBeat.objects.filter(seen_at__gt=now - WORKER_IS_LATE_AFTER).exists()


def mails_with_trouble(mails: models.QuerySet | None = None) -> models.QuerySet:
    """Return those of `mails`, of all when none are given, for which `has_trouble` is true, newest first."""
    state = OutboxMessage.State
    return (
        (OutboxMessage.objects.all() if mails is None else mails)
        .unsent()
        .filter(models.Q(state=state.FAILED) | (~models.Q(state=state.SENT) & ~models.Q(last_error="")))
        .order_by("-created_at", "-pk")
    )


def recipient_of(message: OutboxMessage) -> str:
    """Return whom a mail goes to: an address of the clinic's own, but never that of a person who asked."""
    if message.kind == OutboxMessage.Kind.CONFIRMATION:
        return "the person who asked"
    return message.to_address or "nobody"


def mail_rows(messages: Iterable[OutboxMessage]) -> list[MailRow]:
    """Return `messages` as staff see them."""
    return [
        MailRow(
            pk=message.pk,
            kind=message.get_kind_display(),
            subject=message.subject,
            recipient=recipient_of(message),
            state=message.get_state_display(),
            said=message.last_error,
            attempts=message.attempt,
            created_at=message.created_at,
            next_try_at=message.due_at if message.state == OutboxMessage.State.QUEUED and message.last_error else None,
            has_trouble=message.has_trouble,
        )
        for message in messages
    ]
