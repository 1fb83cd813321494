"""Clinics with their hours, recipients and staff. Nobody here is real."""

import random
from datetime import datetime, time

from django.contrib.auth.models import User
from django.db import transaction

from clinic_site.core.models import ClinicIdentity, WorkerBeat
from consults.models import Recipient, RetentionRules
from locations.models import Clinician, Hours, Location
from locations.search import CLINICS
from tests.factories.consults import make_role

MOST_KEPT_MONTHS = 120
MANAGER, FRONT_DESK = "bench-manager", "bench-desk"


@transaction.atomic
def fill_places(draw: random.Random, *, locations: int, now: datetime) -> list[User]:
    """Store clinics until there are `locations`, each with hours and a recipient; return who works there."""
    from clinic_site.roles import FRONT_DESK as DESK_ROLE
    from clinic_site.roles import MANAGER as MANAGER_ROLE

    there = Location.objects.count()
    Location.objects.bulk_create(
        Location(
            name=f"Clinic {number:03}",
            slug=f"clinic-{number:03}",
            street=f"{number} Test Road",
            city=f"Testville {number % 40}",
            postal_code=f"35{number:03}",
            phone="+12055550100",
            summary="A clinic that exists nowhere.",
            parking="In front of the door, at no charge.",
            position=number,
        )
        for number in range(there + 1, locations + 1)
    )
    clinics = list(Location.objects.order_by("pk"))
    Hours.objects.bulk_create(
        Hours(location=clinic, weekday=day, opens=time(opens), closes=time(opens + 8))
        for clinic in clinics
        for opens in [draw.choice([8, 9])]
        for day in range(5)
    )
    Recipient.objects.bulk_create(
        Recipient(email=f"desk-{clinic.pk}@clinic.example", location=clinic, verified_at=now) for clinic in clinics
    )
    Clinician.objects.bulk_create(Clinician(name=f"Robin Example {number}", credential="MD") for number in range(5))
    ClinicIdentity.objects.filter(pk=1).update(answer_within_hours=4)
    # With the default of twelve months, the retention job would soon delete two thirds of the requests.
    RetentionRules(closed_months=MOST_KEPT_MONTHS).save()
    WorkerBeat.objects.create(host="bench", seen_at=now)
    CLINICS.reindex()
    desk = make_role(DESK_ROLE, username=FRONT_DESK)
    desk.desk_clinics.set(clinics[:2])
    make_role(MANAGER_ROLE, username=MANAGER)
    return list(User.objects.order_by("pk"))
