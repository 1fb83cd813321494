"""Who is told: an address gets mail once somebody entered the code that was mailed to it."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.db.models import F

from clinic_site.core.delivery import queue_mail
from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry, OutboxMessage

from .models import Recipient

CODE_LENGTH = 6
CODE_IS_VALID = timedelta(hours=24)
MOST_TRIES = 5
PAUSE_BETWEEN_CODES = timedelta(minutes=1)
RAN_OUT = "The code ran out before the mail could be sent"

State = OutboxMessage.State
Kind = OutboxMessage.Kind


class Entry(Enum):
    """What came of entering a code, in words for who entered it."""

    RIGHT = "This address now gets its mails."
    KNOWN = "This address was confirmed before. There is nothing to enter."
    NOT_A_CODE = f"Enter the {CODE_LENGTH} digits of the code."
    WRONG = "That is not the code of the newest mail. Check each digit and try again."
    TOO_MANY = f"A wrong code was entered {MOST_TRIES} times. Send a new code."
    CHANGED = "Somebody else was faster. This is how it stands."
    RAN_OUT = "That code ran out: a code works for 24 hours. Send a new code."


class TooSoon(Exception):
    """A code was mailed to this address less than a minute ago."""


def subject_of(recipient: Recipient) -> str:
    """What audit entries and mails call a recipient: never by the address."""
    return f"recipient:{recipient.pk}"


@transaction.atomic
def ask_for_code(*, recipient: Recipient, actor, now: datetime, is_new: bool = False) -> None:
    """Mail a new code; the address gets nothing else until it is entered. Earlier codes end.

    `is_new` is for an address that was typed just now: it need not wait. Raises TooSoon.
    """
    row = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if not is_new and row.code_sent_at and now - row.code_sent_at < PAUSE_BETWEEN_CODES:
        raise TooSoon
    code = f"{secrets.randbelow(10**CODE_LENGTH):0{CODE_LENGTH}}"
    recipient.verified_at, recipient.code_tries = None, 0
    recipient.code_sent_at, recipient.code_hash = now, _hash(recipient, code)
    recipient.save(update_fields=["verified_at", "code_tries", "code_sent_at", "code_hash"])
    drop_codes(recipient)
    queue_mail(
        kind=Kind.CODE,
        about=subject_of(recipient),
        to_address=recipient.email,
        subject="Your code for the clinic’s mails",
        body=(
            f"The code is {code}.\n\n"
            "Somebody at the clinic wants this address to be told of new requests. The code shows that its mails "
            "arrive: enter it in the website’s admin under Recipients, or give it to who asked you. It works for "
            "24 hours.\n\n"
            "If you do not know what this is about, you can ignore this mail: no other will follow.\n"
        ),
        now=now,
    )
    AuditEntry.record(action="recipient-code-sent", subject=subject_of(recipient), now=now, actor=actor)


def enter_code(*, recipient: Recipient, code: str, actor, now: datetime) -> Entry:
    """Confirm an address by its code. Each code allows five tries, counted right across processes."""
    code = "".join(code.split())
    if recipient.verified_at:
        return Entry.KNOWN
    if not recipient.code_sent_at or now - recipient.code_sent_at >= CODE_IS_VALID:
        return Entry.RAN_OUT
    if not (len(code) == CODE_LENGTH and code.isascii() and code.isdigit()):
        return Entry.NOT_A_CODE
    # The try is taken before the code is looked at: nobody gets a sixth by being fast.
    waiting = Recipient.objects.filter(pk=recipient.pk, verified_at=None, code_hash=recipient.code_hash)
    if not waiting.filter(code_tries__lt=MOST_TRIES).update(code_tries=F("code_tries") + 1):
        return Entry.TOO_MANY if waiting.exists() else Entry.CHANGED
    if not hmac.compare_digest(recipient.code_hash, _hash(recipient, code)):
        AuditEntry.record(action="recipient-code-wrong", subject=subject_of(recipient), now=now, actor=actor)
        return Entry.WRONG
    with transaction.atomic():
        if not waiting.update(verified_at=now, code_hash=""):
            return Entry.CHANGED
        AuditEntry.record(action="recipient-confirmed", subject=subject_of(recipient), now=now, actor=actor)
    recipient.verified_at, recipient.code_hash = now, ""
    return Entry.RIGHT


def drop_codes(recipient: Recipient) -> None:
    """Take back the codes that have not been mailed yet: they lead nowhere any more."""
    codes = OutboxMessage.objects.filter(kind=Kind.CODE, about=subject_of(recipient))
    codes.filter(state__in=[State.QUEUED, State.FAILED]).delete()


def forget_codes(*, now: datetime) -> int:
    """Take the codes that ran out from the outbox, and stop their mails; return how many there were."""
    codes = OutboxMessage.objects.filter(kind=Kind.CODE, created_at__lte=now - CODE_IS_VALID).exclude(body="")
    with transaction.atomic():
        stopped = codes.filter(state=State.QUEUED).update(state=State.FAILED, last_error=RAN_OUT, body="")
        return stopped + codes.filter(state__in=[State.FAILED, State.SENT]).update(body="")


def _hash(recipient: Recipient, code: str) -> str:
    """The keyed hash of a code: good for this recipient at this address alone."""
    return lookup_hash(f"{recipient.pk} {recipient.email.casefold()} {code}", purpose="recipient code")
