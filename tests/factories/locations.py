"""Clinics, hours, closures, photos and clinicians that exist nowhere."""

from datetime import date, time

from clinic_site.core.models import Picture
from locations.models import Clinician, Closure, Hours, Location, LocationPhoto

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
WEEKDAYS = (MON, TUE, WED, THU, FRI)


def make_location(**changes) -> Location:
    """Return a stored clinic; the slug follows the name unless it is given."""
    name = changes.setdefault("name", "Birmingham")
    return Location.objects.create(
        **{
            "slug": name.lower().replace(" ", "-"),
            "street": "1 Test Road",
            "city": "Testville",
            "postal_code": "35299",
            "phone": "+12055550100",
            **changes,
        }
    )


def hours(*stretches: str, days: tuple[int, ...] = WEEKDAYS, location: Location | None = None) -> list[Hours]:
    """Return unsaved hours: `hours("09:00-12:00", "13:00-17:00", days=(MON, TUE))`."""
    rows = []
    for day in days:
        for stretch in stretches:
            opens, closes = (time.fromisoformat(text) for text in stretch.split("-"))
            rows.append(Hours(location=location, weekday=day, opens=opens, closes=closes))
    return rows


def make_hours(location: Location, *stretches: str, days: tuple[int, ...] = WEEKDAYS) -> list[Hours]:
    """Store hours for a clinic, Monday to Friday 9 am to 5 pm unless told otherwise."""
    return Hours.objects.bulk_create(hours(*(stretches or ["09:00-17:00"]), days=days, location=location))


def closure(starts_on: str, ends_on: str = "", *, reason: str = "Thanksgiving", location=None) -> Closure:
    """Return an unsaved closure, of one day unless `ends_on` is given; dates as 2026-11-26."""
    return Closure(
        location=location,
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on or starts_on),
        reason=reason,
    )


def make_closure(starts_on: str, ends_on: str = "", **changes) -> Closure:
    """Store a closure, of every clinic unless a location is given."""
    row = closure(starts_on, ends_on, **changes)
    row.save()
    return row


def make_clinician(*locations: Location, **changes) -> Clinician:
    """Store a clinician whom readers see on these clinics' pages."""
    clinician = Clinician.objects.create(**{"name": "Robin Example", "credential": "MD", "is_shown": True, **changes})
    clinician.locations.set(locations)
    return clinician


def make_photo(location: Location, **changes) -> LocationPhoto:
    """Store a photo for a clinic's page; no file lies behind it."""
    if "picture" not in changes:
        changes["picture"] = Picture.objects.create(
            title="Door", alt="A green door", file="pictures/none.jpg", width=4, height=3
        )
    return LocationPhoto.objects.create(location=location, **changes)
