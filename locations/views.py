"""The clinics as readers see them."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic_site.core.caching import cached_page, public
from clinic_site.core.models import ClinicIdentity
from clinic_site.core.organization import organization
from clinic_site.core.seo import Crumb, PageMeta

from .models import Location
from .opening import hours_table, next_change, with_opening
from .structured import medical_clinic


@cached_page()
@require_safe
def index(request) -> HttpResponse:
    """All clinics: where they are, and which is open."""
    now = timezone.now()
    locations = with_opening(Location.objects.active(), now=now)
    clinic = ClinicIdentity.load()
    names = " and ".join(location.name for location in locations)
    meta = PageMeta(
        title=f"Our clinics in {names}" if names else "Our clinics",
        description="Addresses, phone numbers and directions of our clinics.",
        path=reverse("locations:index"),
        structured_data=(
            organization(clinic),
            *(medical_clinic(location, clinic=clinic) for location in locations),
        ),
    )
    response = render(request, "locations/index.html", {"locations": locations, "meta": meta, "clinic": clinic})
    return public(response, until=next_change(locations), now=now)


@cached_page()
@require_safe
def location(request, slug: str) -> HttpResponse:
    """One clinic: hours, the way there, who works there. A retired clinic has no page."""
    now = timezone.now()
    locations = with_opening(Location.objects.active(), now=now)
    found = next((location for location in locations if location.slug == slug), None)
    if found is None:
        raise Http404
    clinic = ClinicIdentity.load()
    photos = list(found.photos.shown())
    context = {
        "clinic": clinic,
        "location": found,
        "hours_table": hours_table(found.hours.all(), today=found.opening.today) if found.opening else [],
        "clinicians": found.clinicians.shown().select_related("photo").prefetch_related("photo__renditions"),
        "photos": photos,
        "other_locations": [location for location in locations if location is not found],
        "meta": PageMeta(
            title=_title(found),
            description=found.summary or f"Address, phone and directions: {found.address_line}.",
            path=found.get_absolute_url(),
            modified_at=found.modified_at,
            crumbs=(Crumb(name="Locations", path=reverse("locations:index")),),
            structured_data=(organization(clinic), medical_clinic(found, clinic=clinic, photos=photos)),
        ),
    }
    response = render(request, "locations/location.html", context)
    return public(response, until=next_change(locations), now=now)


def _title(location: Location) -> str:
    """Name the town too where the clinic is known by another name."""
    title = f"{location.name} ketamine clinic"
    return title if location.city == location.name else f"{title}, {location.city}"
