"""A new recipient gets no mail until the code that was sent to the address has been entered."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clinic_site.core.delivery import queue_mail
from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry, OutboxMessage

from .models import Recipient

DIGITS = 6
CODE_HOLDS = timedelta(hours=24)
TRIES = 5
# Between two codes to one address, so that nobody can fill a stranger's inbox.
PAUSE = timedelta(minutes=1)


class TooSoon(Exception):
    """A code was sent less than a minute ago."""


class NotConfirmed(Exception):
    """The code does not fit. What it says can be shown to staff."""


@transaction.atomic
def send_code(*, recipient: Recipient, actor, now: datetime) -> None:
    """Queue a mail with a fresh code; any earlier code no longer counts. Raises TooSoon."""
    recipient = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if recipient.code_sent_at and now - recipient.code_sent_at < PAUSE:
        raise TooSoon
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    recipient.verified_at, recipient.code_sent_at, recipient.code_tries = None, now, 0
    recipient.code_hash = _hash(recipient, code)
    recipient.save(update_fields=["verified_at", "code_sent_at", "code_tries", "code_hash"])
    _forget_codes(recipient)
    place = recipient.location.name if recipient.location else "every clinic"
    queue_mail(
        kind=OutboxMessage.Kind.CODE,
        about=_about(recipient),
        to_address=recipient.email,
        subject="Your code for the clinic website",
        body=(
            f"This address is to be told about requests for {place}.\n\n"
            f"The code is {code}. It holds for 24 hours.\n\n"
            f"Whoever added the address enters it here:\n{settings.SITE_URL}{_page(recipient)}\n\n"
            "If you know nothing of this, ignore this mail: without the code, nothing more is sent.\n"
        ),
        now=now,
    )
    AuditEntry.record(action="recipient-code-sent", subject=_about(recipient), now=now, actor=actor)


def confirm(*, recipient: Recipient, code: str, actor, now: datetime) -> None:
    """Let a recipient get mail from now on. Raises NotConfirmed, and counts the try, for a code that does not fit."""
    fault = _try(recipient, code, actor, now)
    if fault:
        # Outside the transaction, which has kept the count of tries.
        raise NotConfirmed(fault)


@transaction.atomic
def _try(recipient: Recipient, code: str, actor, now: datetime) -> str:
    recipient = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if recipient.verified_at:
        return ""
    if not recipient.code_hash or now - recipient.code_sent_at > CODE_HOLDS:
        return "That code is older than 24 hours. Send a new one."
    if recipient.code_tries >= TRIES:
        return f"The code was tried {TRIES} times. Send a new one."
    if not secrets.compare_digest(_hash(recipient, "".join(code.split())), recipient.code_hash):
        recipient.code_tries += 1
        recipient.save(update_fields=["code_tries"])
        left = TRIES - recipient.code_tries
        return f"That is not the code of the latest mail. {left} more {'try' if left == 1 else 'tries'}."
    recipient.verified_at, recipient.code_hash = now, ""
    recipient.save(update_fields=["verified_at", "code_hash"])
    _forget_codes(recipient)
    AuditEntry.record(action="recipient-confirmed", subject=_about(recipient), now=now, actor=actor)
    return ""


def _forget_codes(recipient: Recipient) -> None:
    """Mails that hold a code which no longer counts: those not yet out stay in, the others lose their text."""
    mails = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.CODE, about=_about(recipient))
    mails.filter(state__in=[OutboxMessage.State.QUEUED, OutboxMessage.State.FAILED]).delete()
    mails.update(body="")


def _hash(recipient: Recipient, code: str) -> str:
    return lookup_hash(f"{recipient.pk} {recipient.email} {code}", purpose="recipient code")


def _about(recipient: Recipient) -> str:
    return f"recipient:{recipient.pk}"


def _page(recipient: Recipient) -> str:
    return reverse("admin:consults_recipient_change", args=[recipient.pk])
