"""What every page shows: the clinic, its locations, the texts around them."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from clinic_site.core.models import ClinicIdentity, Page
from clinic_site.core.site_wide import remembered
from clinic_site.core.texts import SiteTexts, all_texts
from locations.models import Location


def site(request) -> dict:
    """Everything here is read from the database only when a template asks for it."""
    return {
        "clinic": SimpleLazyObject(lambda: remembered(request, "clinic", ClinicIdentity.load)),
        "all_locations": SimpleLazyObject(lambda: remembered(request, "locations", _locations)),
        "footer_pages": SimpleLazyObject(lambda: remembered(request, "footer pages", _footer_pages)),
        "texts": SiteTexts(lambda: remembered(request, "texts", all_texts)),
        "site_url": settings.SITE_URL,
    }


def _locations() -> list[Location]:
    return list(Location.objects.active())


def _footer_pages() -> list[Page]:
    return list(Page.objects.shown().filter(in_footer=True).order_by("position", "title"))
