"""What is missing before the site may open. Each app lists its own."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from .models import ClinicIdentity


@dataclass(frozen=True, kw_only=True)
class LaunchItem:
    """One thing to do before opening. `url` leads to the place in the admin where it is done."""

    text: str
    url: str = ""
    is_urgent: bool = False


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what the site as a whole still lacks, whatever the apps say."""
    items = []
    clinic, url = ClinicIdentity.load(), reverse("admin:core_clinicidentity_changelist")
    if not clinic.phone:
        items.append(LaunchItem(text="The clinic’s phone number is empty.", url=url, is_urgent=True))
    if not clinic.answer_within_hours:
        text = "Nothing is promised about when people hear from us; no reminders are sent about requests that wait."
        items.append(LaunchItem(text=text, url=url))
    if not settings.SITE_IS_SECURE:
        items.append(LaunchItem(text="The address of the site (SITE_URL) does not begin with https.", is_urgent=True))
    if not settings.SECURITY_CONTACT:
        text = "Nobody is named for reports of security faults (SECURITY_CONTACT); the site gives the phone number."
        items.append(LaunchItem(text=text))
    return items
