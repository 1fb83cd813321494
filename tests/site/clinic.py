"""A clinic that has filled in everything, so that pages are tested with it too."""

import datetime

from django.utils import timezone

from clinic_site.core.models import Picture
from locations.models import Clinician, Closure, Hours, Location, LocationPhoto


def fill_in_everything() -> None:
    """Give both clinics hours, a closure, parking, access, directions and a clinician."""
    today = timezone.localdate()
    for location in Location.objects.all():
        location.parking = "Free spaces in front of the building."
        location.access = "Step-free entrance and restroom."
        location.directions = "The door is on the left, behind the oak."
        location.what_to_bring = "A list of your medicines."
        location.save()
        for weekday in range(5):
            Hours.objects.create(location=location, weekday=weekday, opens=datetime.time(9), closes=datetime.time(12))
            Hours.objects.create(location=location, weekday=weekday, opens=datetime.time(13), closes=datetime.time(17))
        clinician = Clinician.objects.create(
            name="Test Clinician", credential="MD", bio="Gives infusions.", is_shown=True
        )
        clinician.locations.add(location)
        picture = Picture.objects.create(
            title="Door", alt="The front door", file="pictures/none.jpg", width=4, height=3
        )
        LocationPhoto.objects.create(location=location, picture=picture, caption="As you see it from the parking lot")
    Closure.objects.create(
        starts_on=today + datetime.timedelta(days=3), ends_on=today + datetime.timedelta(days=4), reason="Thanksgiving"
    )
