"""What core puts on the admin's first screen: mails in trouble, and what keeps mails from leaving."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from .models import OutboxMessage, WorkerBeat

WORKER_IS_LATE_AFTER = timedelta(minutes=2)
SHOWN_MAILS = 20


def banners(*, now: datetime) -> list[str]:
    """Return what every admin page must say in red."""
    found = []
    if not settings.MAIL_IS_CONFIGURED:
        found.append(
            "No mail server is set: mails are written to files in var/mail, and nobody gets them. "
            "Set EMAIL_URL to send them."
        )
    if not worker_is_alive(now=now):
        found.append("No worker has been seen for two minutes: mails wait. Start “manage.py run_worker”.")
    return found


def worker_is_alive(*, now: datetime) -> bool:
    """True when some worker left a sign of life within two minutes."""
    return WorkerBeat.objects.filter(seen_at__gt=now - WORKER_IS_LATE_AFTER).exists()


def mails(user) -> dict:
    """Return the mails that have not left after a failed attempt, newest first."""
    if not user.has_perm("core.view_outboxmessage"):
        return {}
    troubled = OutboxMessage.objects.filter(
        Q(state=OutboxMessage.State.FAILED) | (~Q(state=OutboxMessage.State.SENT) & ~Q(last_error=""))
    ).order_by("-created_at", "-pk")
    return {"troubled_mails": troubled[:SHOWN_MAILS], "troubled_mail_count": troubled.count()}
