"""What every page shows: the clinic, its locations, the texts around them."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from clinic_site.core.models import ClinicIdentity, Page
from clinic_site.core.texts import SiteTexts
from locations.models import Location


def site(request) -> dict:
    """Everything here is read from the database only when a template asks for it."""
    return {
        "clinic": SimpleLazyObject(ClinicIdentity.load),
        "all_locations": SimpleLazyObject(lambda: list(Location.objects.active())),
        "footer_pages": SimpleLazyObject(
            lambda: list(Page.objects.shown().filter(in_footer=True).order_by("position", "title"))
        ),
        "texts": SiteTexts(),
        "site_url": settings.SITE_URL,
    }
