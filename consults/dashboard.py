"""What consults puts on the admin's first screen: who waits, and for how long."""

from datetime import datetime

from django.db.models import Count, Q

from locations.models import Location

from .models import ConsultRequest, Recipient

SHOWN_REQUESTS = 50


def may_see(user) -> bool:
    """True for staff who may see requests at all."""
    return user.has_perm("consults.view_consultrequest")


def banners(user) -> list[str]:
    """Return what every admin page must say in red."""
    if not may_see(user):
        return []
    told = Count("recipients", filter=Q(recipients__is_active=True))
    if Recipient.objects.filter(location=None, is_active=True).exists():
        return []
    untold = [location.name for location in Location.objects.active().annotate(told=told) if not location.told]
    if not untold:
        return []
    return [f"Nobody is told about requests for {' and '.join(untold)}. Add a recipient, or they wait unseen."]


def desk(user, *, now: datetime) -> dict:
    """Return the waiting requests, oldest first, with how long each has waited."""
    if not may_see(user):
        return {}
    waiting = list(ConsultRequest.objects.waiting().select_related("location")[:SHOWN_REQUESTS])
    for request in waiting:
        request.waited = age_text(request.age(now=now))
    return {
        "shows_desk": True,
        "waiting": waiting,
        "waiting_count": ConsultRequest.objects.waiting().count(),
        "quarantined_count": ConsultRequest.objects.quarantined().count(),
    }


def age_text(age) -> str:
    """Return a length of time as people say it: 5 minutes, 3 hours, 2 days."""
    minutes = int(age.total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "just now"
