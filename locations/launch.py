"""What readers still miss about the clinics."""

from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse

from clinic_site.core.launch import LaunchCheck, LaunchItem, found_by

from .models import Clinician, Location


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what has not been filled in for the clinics that readers see, clinic by clinic."""
    return found_by(CHECKS, now=now)


def _open_clinics(*, now: datetime) -> list[LaunchItem]:
    if Location.objects.active().exists():
        return []
    url = reverse("admin:locations_location_changelist")
    return [LaunchItem(text="No clinic is open to new requests.", url=url, is_urgent=True)]


def _pages(*, now: datetime) -> list[LaunchItem]:
    shown = Prefetch("clinicians", Clinician.objects.shown())
    locations = Location.objects.active().prefetch_related("hours", shown)
    return [item for location in locations for item in _missing_at(location)]


def _missing_at(location: Location) -> list[LaunchItem]:
    page = reverse("admin:locations_location_change", args=[location.pk])
    clinicians = reverse("admin:locations_clinician_changelist")
    gaps = [
        (location.hours.all(), "no opening hours; readers cannot see when it is open", f"{page}#hours-group"),
        (location.parking.strip(), "nothing about parking", page),
        (location.access.strip(), "nothing about the entrance and wheelchair access", page),
        (location.clinicians.all(), "no clinician is shown", clinicians),
    ]
    return [LaunchItem(text=f"{location.name}: {text}.", url=url) for filled, text, url in gaps if not filled]


CHECKS = [
    LaunchCheck("clinics", "A clinic is open to new requests.", _open_clinics),
    LaunchCheck("clinic-pages", "Each clinic’s page has hours, parking, the way in and a clinician.", _pages),
]
