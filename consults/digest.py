"""The daily mail that says how things stand, even when all is well."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import OutboxMessage

from .models import ConsultRequest, Recipient


def digest_lines(*, now: datetime) -> list[str]:
    """Return the counts of the day: numbers alone, no names and no references."""
    since = now - timedelta(days=1)
    requests = ConsultRequest.objects
    waiting = requests.waiting()
    oldest = waiting.first()
    lines = [
        f"New in the last 24 hours: {requests.real().filter(asked_at__gt=since).count()}",
        f"Waiting for a first contact: {waiting.count()}"
        + (f" (the oldest since {timezone.localtime(oldest.asked_at):%A, %B %-d, %H:%M})" if oldest else ""),
        f"Reached in the last 24 hours: {requests.real().filter(first_contact_at__gt=since).count()}",
        f"Set aside as possible spam, to look through: {requests.quarantined().count()}",
    ]
    failed = OutboxMessage.objects.filter(state=OutboxMessage.State.FAILED).count()
    lines.append(f"Mails that could not be sent: {failed}")
    return lines


def queue_digest(*, now: datetime) -> None:
    """Queue the digest for every active recipient, once each."""
    body = "\n".join(
        [
            *digest_lines(now=now),
            "",
            f"Sign in: {settings.SITE_URL}{reverse('admin:index')}",
            "",
            "You get this mail every day, so that a day without it tells you something is wrong.",
        ]
    )
    for address in dict.fromkeys(
        recipient.email.casefold() for recipient in Recipient.objects.told_about(None).order_by("pk")
    ):
        queue_mail(
            kind=OutboxMessage.Kind.DIGEST,
            about="digest",
            to_address=address,
            subject=f"Requests on {timezone.localtime(now):%A, %B %-d}",
            body=body,
            now=now,
        )
