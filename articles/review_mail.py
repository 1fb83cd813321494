"""The weekly mail to those who keep pages true: which reviews are due."""

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import OutboxMessage

from .reviewing import DueReview, due_reviews


def queue_review_mails(*, now: datetime) -> None:
    """Queue one mail for each owner of a page whose review is due; no page, no mail.

    Pages without an owner who can be reached go to every active administrator with an address.
    """
    by_address = defaultdict(list)
    administrators = User.objects.filter(is_active=True, is_superuser=True).exclude(email="").order_by("pk")
    fallback = [user.email for user in administrators]
    for entry in due_reviews(now=now):
        owner = entry.article.owner
        reachable = owner is not None and owner.is_active and owner.email
        for address in [owner.email] if reachable else fallback:
            by_address[address.casefold()].append(entry)
    for address, entries in by_address.items():
        queue_mail(
            kind=OutboxMessage.Kind.REVIEWS,
            about="reviews",
            to_address=address,
            subject=f"Reviews due: {len(entries)} article{'s' if len(entries) > 1 else ''}",
            body=_body(entries),
            now=now,
        )


def _body(entries: list[DueReview]) -> str:
    lines = ["These articles need a clinician to read and sign them.", ""]
    for entry in entries:
        url = settings.SITE_URL + reverse("admin:articles_preview", args=[entry.article.pk])
        lines += [f"* {entry.article.title}", f"  {due_text(entry)}", f"  {url}", ""]
    lines += [f"Sent on {timezone.localdate():%B %-d, %Y}. You get this mail each week while something is due."]
    return "\n".join(lines)


def due_text(entry: DueReview) -> str:
    """Return when the review is due, as staff read it."""
    if entry.due_on is None:
        return "No review stands: never signed, or changed since."
    date = f"{entry.due_on:%B %-d, %Y}"
    return f"Was due on {date}." if entry.is_overdue else f"Due on {date}."
