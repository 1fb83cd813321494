"""What a request tells of its sender, without a name: signs of spam and a keyed place hash."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from clinic_site.core.client_address import address_of
from clinic_site.core.counting import count_one_more
from clinic_site.core.encryption import lookup_hash

from .models import ClientCount
from .spam import Client

# Browsers fill a field by what its name or label calls for (Chromium does so in spite of autocomplete="off"):
# none knows this one, so nobody's browser fills it behind their back.
TRAP_FIELD = "leave_blank"
TOOK_FIELD = "took"
COUNTS_KEPT = timedelta(days=2)


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
        has_foreign_origin=origin not in ("", "null") and _netloc(origin) not in hosts,
        took_ms=_milliseconds(request.POST.get(TOOK_FIELD, "")),
    )


def count_form(*, client_hash: str, now: datetime) -> int:
    """Count one more form from a place; return how many came from it in this hour of the clock, this one included.

    Call it in the transaction that stores the request. Right across processes. 0 for a place that is not known.
    """
    if not client_hash:
        return 0
    hour = now.replace(minute=0, second=0, microsecond=0)
    return count_one_more(ClientCount, count="forms", client_hash=client_hash, hour=hour)


def forget_counts(*, now: datetime) -> int:
    """Delete the counts older than two days; return how many there were."""
    return ClientCount.objects.filter(hour__lt=now - COUNTS_KEPT).delete()[0]


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return origin


def _milliseconds(text: str) -> int | None:
    """What the page's script wrote; None for anything it would not write. It proves nothing, so it weighs little."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _place_hash(request) -> str:
    """A hash that is equal for one address on one day, and tells nobody which address it was."""
    address = address_of(request)
    return lookup_hash(address, purpose=f"client {timezone.localdate()}") if address else ""
