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
    """Return what the site as a whole still lacks."""
    found = []
    if not ClinicIdentity.load().phone:
        url = reverse("admin:core_clinicidentity_changelist")
        found.append(LaunchItem(text="The clinic's phone number is not set.", url=url, is_urgent=True))
    if not settings.MAIL_IS_CONFIGURED:
        found.append(LaunchItem(text="No mail server is set (EMAIL_URL): staff get no mail.", is_urgent=True))
    if not settings.SITE_IS_SECURE:
        found.append(LaunchItem(text="The site's address (SITE_URL) is not https yet.", is_urgent=True))
    if not settings.SECURITY_CONTACT:
        found.append(LaunchItem(text="Nobody is named for security reports (SECURITY_CONTACT): readers get the phone."))
    return found
