"""The mails about signing in. They leave by the outbox; whoever reads the admin never sees what they hold."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import OutboxMessage
from consults.notifications import alarm_addresses

Kind, State = OutboxMessage.Kind, OutboxMessage.State
RAN_OUT = "The link ran out before the mail could be sent"
# What allauth calls the changes that somebody should hear of, in words.
CHANGES = {
    "account/email/password_changed": "Your password was changed.",
    "account/email/password_reset": "Your password was set anew, by a link that was mailed to this address.",
    "mfa/email/totp_activated": "An authenticator app was added to your account.",
    "mfa/email/totp_deactivated": "The authenticator app was removed from your account.",
    "mfa/email/webauthn_added": "A passkey was added to your account.",
    "mfa/email/webauthn_removed": "A passkey was removed from your account.",
    "mfa/email/recovery_codes_generated": "Your account has new recovery codes. The earlier ones no longer work.",
    "taken-away": "A manager took the second step away from your account. Signing in asks you to set up a new one.",
}


def queue_reset(*, user: User, path: str, now: datetime) -> None:
    """Mail a link for a new password to the address of the account, whatever was typed.

    The link begins with SITE_URL and never with what a request calls the host.
    """
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    _queue(
        user,
        subject="A new password for the clinic’s website",
        body=(
            f"Set a new password here:\n{settings.SITE_URL}{path}\n\n"
            f"The link works once, and for {minutes} minutes. After that, ask for another on the sign-in page.\n\n"
            "If you did not ask for it, you can ignore this mail: your password stays as it is.\n"
        ),
        now=now,
    )


def queue_change(*, user: User, change: str, now: datetime) -> None:
    """Tell somebody that how they sign in was changed. `change` is a key of CHANGES."""
    _queue(
        user,
        subject="How you sign in was changed",
        body=(
            f"{CHANGES[change]}\n\n"
            "If that was you, there is nothing to do. If it was not, tell your manager at once: they can switch the "
            "account off.\n"
        ),
        now=now,
    )


def _queue(user: User, *, subject: str, body: str, now: datetime) -> None:
    if user.email:
        queue_mail(
            kind=Kind.SIGN_IN, about=f"user:{user.pk}", to_address=user.email, subject=subject, body=body, now=now
        )


def queue_alarm(*, now: datetime, is_new_password: bool = False) -> None:
    """Tell those who get alarms that the emergency account was used, or that its password was set on the server."""
    what = "was given a new password on the server" if is_new_password else "was used to sign in"
    for address in alarm_addresses():
        queue_mail(
            kind=Kind.ALARM,
            about="break-glass",
            to_address=address,
            subject=f"The emergency account {what}",
            body=(
                f"The website’s emergency account, which may do everything, {what}.\n\n"
                "If you know why, there is nothing to do. If nobody does, whoever looks after the server must switch "
                "it off now.\n\n"
                f"When and from where:\n{settings.SITE_URL}{reverse('admin:core_auditentry_changelist')}\n"
            ),
            now=now,
        )


def forget_links(*, now: datetime) -> int:
    """Take links that ran out from the outbox, and stop their mails; return how many there were."""
    old = now - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    mails = OutboxMessage.objects.filter(kind=Kind.SIGN_IN, created_at__lte=old).exclude(body="")
    with transaction.atomic():
        stopped = mails.filter(state=State.QUEUED).update(state=State.FAILED, last_error=RAN_OUT, body="")
        return stopped + mails.filter(state__in=[State.FAILED, State.SENT]).update(body="")
