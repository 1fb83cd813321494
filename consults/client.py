"""What a request tells of its sender, without a name: signs of spam and a keyed place hash."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from clinic_site.core.client_address import address_of
from clinic_site.core.encryption import lookup_hash

from .spam import Client

TRAP_FIELD = "leave_blank"
TOOK_FIELD = "took"


def client_of(request) -> Client:
    """Return the signs in an HTTP request.

    `Origin: null` counts as nothing: browsers send it for privacy's sake.
    """
    origin = request.headers.get("Origin", "")
    hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    return Client(
        client_hash=_place_hash(request),
        trap=request.POST.get(TRAP_FIELD, ""),
        is_cross_site=request.headers.get("Sec-Fetch-Site") == "cross-site",
        took=_milliseconds(request.POST.get(TOOK_FIELD, "")),
        has_foreign_origin=origin not in ("", "null") and urlsplit(origin).netloc not in hosts,
    )


def _milliseconds(text: str) -> int | None:
    """What the page measured. Whatever is no number means nothing: the page may be without scripts."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _place_hash(request) -> str:
    """A hash that is equal for one address on one day, and tells nobody which address it was."""
    address = address_of(request)
    return lookup_hash(address, purpose=f"client {timezone.localdate()}") if address else ""
