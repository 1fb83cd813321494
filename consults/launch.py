"""What the consult form still lacks before launch."""

from datetime import datetime

from django.urls import reverse

from clinic_site.core.launch import LaunchItem
from locations.models import Location

from .models import ConsentText, Recipient


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return one item for each clinic that nobody answers for, and for each missing wording."""
    recipients = reverse("admin:consults_recipient_add")
    found = [
        LaunchItem(text=f"Nobody is told about requests for {location.name}.", url=recipients, is_urgent=True)
        for location in Location.objects.active()
        if not Recipient.objects.told_about(location).exists()
    ]
    wordings = reverse("admin:consults_consenttext_add")
    found += [
        LaunchItem(text=f"There is no consent wording: {label}.", url=wordings, is_urgent=True)
        for purpose, label in ConsentText.Purpose.choices
        if ConsentText.current(purpose) is None
    ]
    return found
