"""Clinics, as the search finds them. Call `CLINICS.index(location)` after every write."""

from collections.abc import Iterable

from clinic_site.core.models import SearchDocument
from clinic_site.core.search import ALWAYS, Source

from .models import Location


def _documents(locations: Iterable[Location]) -> Iterable[SearchDocument]:
    for location in locations:
        # What its page is about, in the words in which people look for it.
        lines = [
            f"Location, address and directions: {location.address_line}",
            f"Phone number: {location.phone_text}",
            location.directions,
            location.parking and f"Parking: {location.parking}",
            location.access and f"Access: {location.access}",
            location.what_to_bring and f"What to bring: {location.what_to_bring}",
        ]
        yield SearchDocument(
            kind=CLINICS.kind,
            key=str(location.pk),
            label="Clinic",
            path=location.get_absolute_url(),
            visible_from=ALWAYS,
            title=f"{location.name} ketamine clinic",
            summary=location.summary,
            body="\n".join(filter(None, lines)),
        )


CLINICS = Source(kind="clinic", rows=Location.objects.active, documents=_documents)
