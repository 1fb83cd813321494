"""A clinic as schema.org describes it. What the clinic has not said stays out."""

from collections.abc import Iterable
from itertools import groupby

from clinic_site.core.models import ClinicIdentity
from clinic_site.core.organization import organization_id, telephone
from clinic_site.core.seo import absolute_url, without_unknown

from .models import Hours, Location, LocationPhoto


def medical_clinic(location: Location, *, clinic: ClinicIdentity, photos: Iterable[LocationPhoto] = ()) -> dict:
    """Return one location, which has been through `with_opening`, as a MedicalClinic."""
    url = absolute_url(location.get_absolute_url())
    return without_unknown(
        {
            "@type": "MedicalClinic",
            "@id": f"{url}#clinic",
            "name": f"{clinic.name}, {location.name}",
            "description": location.summary,
            "url": url,
            "telephone": telephone(location.phone),
            "address": {
                "@type": "PostalAddress",
                "streetAddress": location.street,
                "addressLocality": location.city,
                "addressRegion": location.state,
                "postalCode": location.postal_code,
                "addressCountry": "US",
            },
            "parentOrganization": {"@id": organization_id()},
            "openingHoursSpecification": _hours(location.hours.all()),
            "specialOpeningHoursSpecification": _closures(location),
            "image": [absolute_url(photo.picture.url) for photo in photos],
        }
    )


def _hours(hours: Iterable[Hours]) -> list[dict]:
    """The usual week: one entry for each stretch of hours, with all the days that have it."""
    rows = sorted(hours, key=lambda row: (row.opens, row.closes, row.weekday))
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": [f"https://schema.org/{row.get_weekday_display()}" for row in group],
            "opens": f"{opens:%H:%M}",
            "closes": f"{closes:%H:%M}",
        }
        for (opens, closes), group in groupby(rows, key=lambda row: (row.opens, row.closes))
    ]


def _closures(location: Location) -> list[dict]:
    """The closures that readers see. Opening and closing at midnight is how "closed all day" is written."""
    return [
        {
            "@type": "OpeningHoursSpecification",
            "name": closure.reason,
            "validFrom": closure.starts_on.isoformat(),
            "validThrough": closure.ends_on.isoformat(),
            "opens": "00:00",
            "closes": "00:00",
        }
        for closure in location.upcoming_closures
    ]
