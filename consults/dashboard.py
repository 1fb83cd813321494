"""What the admin's first screen tells of requests: who waits, how to reach them, whom nobody was told about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from clinic_site.core.dashboard import Banner, mails_with_trouble
from clinic_site.core.models import AuditEntry
from locations.models import Location

from .consents import do_not_contact, with_consents
from .models import ConsultRequest, Recipient
from .notifications import NO_RECIPIENTS, mails_visible_to
from .outreach import Way, ways_to_reach

SHOWN_REQUESTS = 50
LONG = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class WaitingRow:
    """One person who waits. `way` is how they asked to be reached, None when nothing can be tapped."""

    reference: str
    url: str
    name: str
    way: Way | None
    typed_phone: str
    best_time: str
    may_name_clinic: bool
    do_not_contact: bool
    age: str
    is_long: bool


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everybody who waits, clinic by clinic, oldest first; `more` counts those beyond the first fifty."""

    groups: list[tuple[str, list[WaitingRow]]]
    waiting: int
    more: int
    oldest: str
    quarantined: int


def may_see(user) -> bool:
    """True for staff who may see requests at all."""
    return user.has_perm("consults.view_consultrequest") or user.has_perm("consults.change_consultrequest")


def clinics_without_recipient() -> list[Location]:
    """Return the clinics whose requests nobody is told about."""
    told = Recipient.objects.filter(
        Q(location=OuterRef("pk")) | Q(location=None), is_active=True, verified_at__isnull=False
    )
    return list(Location.objects.active().filter(~Exists(told)))


def banners(user) -> list[Banner]:
    """Return one loud warning when requests reach nobody, or would."""
    if not may_see(user):
        return []
    reached_nobody = (
        mails_with_trouble(mails_visible_to(user)).filter(last_error=NO_RECIPIENTS).values("about").distinct().count()
    )
    clinics = clinics_without_recipient()
    texts = []
    if reached_nobody:
        requests = "1 request" if reached_nobody == 1 else f"{reached_nobody} requests"
        texts.append(f"Nobody has been told of {requests}: no recipient was set.")
    if clinics:
        texts.append(f"Nobody is told about requests for {' and '.join(clinic.name for clinic in clinics)}.")
    if not texts:
        return []
    if clinics and user.has_perm("consults.add_recipient"):
        return [Banner(text=" ".join(texts), url=reverse("admin:consults_recipient_add"), link="Add a recipient")]
    if reached_nobody and not clinics:
        return [Banner(text=" ".join(texts), url=f"{reverse('admin:index')}#mails", link="Send their mails")]
    return [Banner(text=" ".join(texts))]


def desk(user, *, now: datetime) -> Desk | None:
    """Return who waits; None for staff who may not see requests. Leaves an audit entry naming whom it showed."""
    if not may_see(user):
        return None
    visible = ConsultRequest.objects.visible_to(user)
    waiting = visible.waiting()
    shown = list(with_consents(waiting.select_related("location"))[:SHOWN_REQUESTS])
    if shown:
        references = [request.reference for request in shown]
        AuditEntry.record(action="waiting-viewed", subject="consults", now=now, actor=user, requests=references)
    total = waiting.count()
    shown_by_clinic = sorted(shown, key=_clinic_order)  # stable: oldest first within a clinic
    return Desk(
        groups=[
            (place, [_row(request, now) for request in requests])
            for place, requests in groupby(shown_by_clinic, key=_clinic_name)
        ],
        waiting=total,
        more=total - len(shown),
        oldest=age_text(shown[0].age(now=now)) if shown else "",
        quarantined=visible.quarantined().count(),
    )


def age_text(age: timedelta) -> str:
    """Return a length of time as people say it: 5 minutes, 3 hours, 2 days."""
    minutes = int(age.total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def _clinic_name(request: ConsultRequest) -> str:
    return request.location.name if request.location else "Either clinic"


def _clinic_order(request: ConsultRequest) -> tuple:
    location = request.location
    return (0, location.position, location.name) if location else (1, 0, "")


def _row(request: ConsultRequest, now: datetime) -> WaitingRow:
    ways = ways_to_reach(request)
    age = request.age(now=now)
    return WaitingRow(
        reference=request.spoken_reference,
        url=request.get_absolute_url(),
        name=request.name,
        way=ways[0] if ways else None,
        typed_phone=request.phone_as_typed,
        best_time=request.get_best_time_display(),
        may_name_clinic=request.may_name_clinic,
        do_not_contact=do_not_contact(request),
        age=age_text(age),
        is_long=age >= LONG,
    )
