"""What is missing before requests can be received and answered."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from clinic_site.core.dashboard import worker_is_alive
from clinic_site.core.launch import LaunchItem
from clinic_site.core.models import ClinicIdentity
from locations.models import Location

from .dashboard import clinics_without_recipient
from .models import ConsentText, Recipient


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what keeps a request from reaching staff, and what the form still lacks."""
    return [*_recipients(), *_delivery(now), *_wordings(), *_promise()]


def _recipients() -> list[LaunchItem]:
    url = reverse("admin:consults_recipient_add")
    nobody = [
        LaunchItem(text=f"{location.name}: nobody is told about new requests.", url=url, is_urgent=True)
        for location in clinics_without_recipient()
    ]
    waiting = [
        LaunchItem(
            text=f"{recipient.email} waits for its code and gets no mail until it is entered.",
            url=reverse("admin:consults_recipient_change", args=[recipient.pk]),
            is_urgent=True,
        )
        for recipient in Recipient.objects.filter(is_active=True, verified_at=None).order_by("email", "pk")
    ]
    return [*nobody, *waiting]


def _delivery(now: datetime) -> list[LaunchItem]:
    items = []
    if not settings.MAIL_IS_CONFIGURED:
        items.append(LaunchItem(text="No mail server is set (EMAIL_URL): mails are not sent.", is_urgent=True))
    if not worker_is_alive(now=now):
        items.append(LaunchItem(text="The worker that sends mails is not running.", is_urgent=True))
    return items


def _wordings() -> list[LaunchItem]:
    url = reverse("admin:consults_consenttext_add")
    return [
        LaunchItem(text=f"The consult form has no consent wording for: {label.lower()}.", url=url, is_urgent=True)
        for purpose, label in ConsentText.Purpose.choices
        if ConsentText.current(purpose) is None
    ]


def _promise() -> list[LaunchItem]:
    """The promise speaks of opening hours: a clinic that has told none is held to it day and night."""
    promise = ClinicIdentity.load().promise_text
    return [
        LaunchItem(
            text=f"Readers are told: “{promise}” {location.name} has no hours: there, every hour counts.",
            url=f"{reverse('admin:locations_location_change', args=[location.pk])}#hours-group",
        )
        for location in (Location.objects.active().filter(hours=None) if promise else [])
    ]
