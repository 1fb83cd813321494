"""What the sitemap says of the clinics."""

from datetime import datetime

from django.urls import reverse

from clinic_site.core.seo import SitemapEntry, sitemap_entries_of

from .models import Location


def sitemap_entries(now: datetime) -> list[SitemapEntry]:
    """The page of all clinics, and one for each that readers see."""
    locations = list(Location.objects.active())
    newest = max((location.modified_at for location in locations), default=None)
    return [
        SitemapEntry(path=reverse("locations:index"), changed_at=newest),
        *sitemap_entries_of(locations, changed_at=lambda location: location.modified_at),
    ]
