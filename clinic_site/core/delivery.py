"""Sending the outbox: claim, send, mark.

A mail is claimed by one UPDATE that finds it and sets a lease, sent outside any transaction, and
marked by an UPDATE that only matches while the claim is still ours. A worker that dies leaves a
lease that runs out; the mail then goes out again under the same Message-ID.

Workers on several machines compare their leases by one clock, the database's: see `delivery_clock`.
"""

import logging
import re
import smtplib
import time
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, close_old_connections, connection, models
from django.utils import timezone

from . import counters
from .models import OutboxMessage
from .smtp import MailUnanswered
from .waiting_line import in_line

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(hours=72)
# A mail that a server was given so often, without an answer, was most likely taken: no mailbox is filled with it.
MOST_UNANSWERED = 3
NOTE_AGAIN_SECONDS = 1
MOST_WORDS = OutboxMessage._meta.get_field("last_error").max_length
MOST_READ = 2000
# What stands between < and >, and every word with an @ in it, in its encoded forms too: "a b"@c, a=40c, a%40c.
ADDRESS = re.compile(r"""<[^<>]*>?|"[^"]*"@[^\s<>]*|[^\s<>:;,()]*(?:@|%40|=40)[^\s<>:;,()]*""", re.IGNORECASE)

State = OutboxMessage.State

# One statement instead of a transaction of four, which was two thirds of what a mail cost the worker.
CLAIM = """
UPDATE core_outboxmessage SET state = 'sending', attempt = attempt + 1, lease_until = %(lease_until)s
WHERE id = (
  SELECT id FROM core_outboxmessage
  WHERE sent_at IS NULL AND (
    (state = 'queued' AND (due_at <= %(now)s OR due_at = created_at))
    OR (state = 'sending' AND lease_until <= %(now)s)
  )
  ORDER BY due_at, id LIMIT 1 {lock}
) RETURNING *
"""


def delivery_clock() -> datetime:
    """Return the time of the database's machine, which all workers share. SQLite runs on ours."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def queue_mail(*, kind: str, about: str, to_address: str, subject: str, body: str, now: datetime) -> OutboxMessage:
    """Write one mail to the outbox, in the caller's transaction."""
    return OutboxMessage.objects.create(
        kind=kind, about=about, to_address=to_address, subject=subject, body=body, created_at=now, due_at=now
    )


def queue_again(message: OutboxMessage, *, now: datetime) -> None:
    """Give a mail that failed, or waits after a failure, a fresh 72 hours starting now."""
    OutboxMessage.objects.filter(pk=message.pk, state__in=[State.FAILED, State.QUEUED]).update(
        state=State.QUEUED,
        created_at=now,
        due_at=now,
        last_error="",
        unanswered=0,
        attempt=models.F("attempt") + 1,
    )


def claim_next(*, now: datetime) -> OutboxMessage | None:
    """Claim the mail that has waited longest, or return None when nothing is due.

    A mail that was due the moment it was written is due, even if the clock by which it was written is ahead.
    """
    lease_until = now + timedelta(seconds=settings.MAIL_LEASE_SECONDS)
    as_stored = connection.ops.adapt_datetimefield_value
    values = {"now": as_stored(now), "lease_until": as_stored(lease_until)}
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    with in_line():
        # Read to its end, since until then SQLite does not commit.
        claimed = list(OutboxMessage.objects.raw(CLAIM.format(lock=lock), values))
    return claimed[0] if claimed else None


def pause_before(attempt: int) -> timedelta:
    """Return how long to wait after failed attempt number `attempt` (1 for the first)."""
    return min(FIRST_PAUSE * 2 ** min(attempt - 1, 16), LONGEST_PAUSE)


def send(message: OutboxMessage) -> None:
    """Hand one mail to the mail server. Raises whatever smtplib or the socket raises."""
    sent = EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.to_address],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    ).send()
    if sent != 1:
        raise smtplib.SMTPException("The mail server took no mail")


def describe(error: Exception, *, with_words: bool) -> str:
    """Return what went wrong in plain words, with the server's code, in at most 300 characters.

    `with_words` adds what the server said, without any mail address in it.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()), ("", b""))
            text = f"{code} the mail server refused this address".strip()
        case smtplib.SMTPAuthenticationError():
            text, said = f"{error.smtp_code} the mail server refused our sign-in", error.smtp_error
        case smtplib.SMTPResponseException():
            text, said = f"{error.smtp_code} the mail server refused the mail", error.smtp_error
        case MailUnanswered():
            text, said = "The mail server was given the mail and did not say whether it took it", b""
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            text, said = "The mail server stopped answering", b""
        case ConnectionError() | OSError():
            text, said = "No connection to the mail server", b""
        case _:
            text, said = f"Unexpected: {type(error).__name__}", b""
    words = spoken(said) if with_words else ""
    whole = f"{text}: “{words}”" if words else text
    return whole if len(whole) <= MOST_WORDS else f"{whole[: MOST_WORDS - 2]}…”"


def spoken(said: bytes | str) -> str:
    """Return a server's words on one line: readable in any encoding, every address in them replaced by "…"."""
    if isinstance(said, bytes):
        try:
            said = said.decode()
        except UnicodeDecodeError:
            said = said.decode("latin-1")
    # First what cannot be seen: it could stand in the middle of an address.
    said = "".join(" " if c.isspace() else c for c in said if c.isspace() or unicodedata.category(c)[0] != "C")
    said = " ".join(unicodedata.normalize("NFKC", said).split())
    if len(said) > MOST_READ:  # without its last word, which may be the half of an address
        said = said[:MOST_READ].rpartition(" ")[0]
    return ADDRESS.sub("…", said)


def mark(message: OutboxMessage, *, error: Exception | None, now: datetime) -> None:
    """Record how the attempt went, unless the claim has passed to another worker meanwhile.

    A server may repeat parts of the address it was given: its words are kept for the clinic's own mails alone.
    """
    ours = OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, attempt=message.attempt)
    if error is None:
        forgotten = {"body": ""} if message.holds_a_secret else {}
        marked = ours.update(state=State.SENT, sent_at=now, lease_until=None, last_error="", **forgotten)
    else:
        counters.mail_failed(error=error)
        unanswered = message.unanswered + isinstance(error, MailUnanswered)
        next_try = now + (pause_before(message.attempt) if unanswered < 2 else LONGEST_PAUSE)
        gives_up = next_try > message.created_at + GIVE_UP_AFTER or unanswered >= MOST_UNANSWERED
        marked = ours.update(
            state=State.FAILED if gives_up else State.QUEUED,
            due_at=next_try,
            lease_until=None,
            unanswered=unanswered,
            last_error=describe(error, with_words=message.kind != OutboxMessage.Kind.CONFIRMATION),
        )
        logger.warning("mail %s attempt %s: %s", message.pk, message.attempt, describe(error, with_words=False))
    if not marked:
        logger.warning("mail %s attempt %s: the claim had passed on", message.pk, message.attempt)


def deliver_next(*, now: datetime, clock) -> bool:
    """Send one due mail. Return False when none was due.

    `clock` is called after the send, since a slow server can take seconds. Raises OperationalError or
    InterfaceError when the database is away.
    """
    message = claim_next(now=now)
    if message is None:
        return False
    lease_ends = time.monotonic() + settings.MAIL_LEASE_SECONDS
    error = None
    try:
        send(message)
    except Exception as raised:  # whatever a mail server or a network does, the row must be told
        error = raised
    while True:
        try:
            with in_line():
                mark(message, error=error, now=clock())
            return True
        except (OperationalError, InterfaceError):
            # A mail that left must not leave twice because the database was away for a moment.
            if connection.in_atomic_block or time.monotonic() > lease_ends:
                raise
            logger.exception("mail %s attempt %s: not noted yet", message.pk, message.attempt)
            close_old_connections()
            time.sleep(NOTE_AGAIN_SECONDS)
