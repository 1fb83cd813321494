"""Mails before a promise is broken, and after. Each request gives rise to one of each at most."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import ClinicIdentity, OutboxMessage
from locations.business_time import Calendars, load_calendars
from locations.models import Location

from .clock import Promise, is_night, promise
from .models import ConsultRequest, Recipient

# How many of one clinic's requests are looked at in one run; the next run goes on with the others.
BATCH = 500
# How many requests one mail names.
NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One kind of mail: when a request gives rise to it, what marks that it did, and its words."""

    kind: str
    mark: str
    subject: str
    opening: str


REMINDER = Telling(
    kind=OutboxMessage.Kind.REMINDER,
    mark="reminded_at",
    subject="Time runs out for {requests}",
    opening="Nobody has reached these people yet, and little is left of the time in which we promise an answer:",
)
ALARM = Telling(
    kind=OutboxMessage.Kind.ALARM,
    mark="escalated_at",
    subject="Promise broken: {requests} not answered in time",
    opening="Nobody has reached these people within the time in which we promise an answer:",
)


@dataclass(frozen=True)
class Watch:
    """What one run needs to judge requests: the promise in opening hours, the calendars, the moment."""

    hours: int
    calendars: Calendars
    now: datetime

    def standing(self, request: ConsultRequest) -> Promise:
        return promise(request, hours=self.hours, calendars=self.calendars, now=self.now)

    @property
    def margin(self) -> timedelta:
        """What is left of the promise when staff are reminded: a quarter."""
        return timedelta(hours=self.hours) / 4


def watch_promises(*, now: datetime) -> None:
    """Queue a reminder for requests whose time runs out, and an alarm for those whose time ran out.

    Requests of which nobody is told are left for later, and so is everything at night unless the
    clinic wants mail then. Marks and mails are one transaction.
    """
    clinic = ClinicIdentity.load()
    if not clinic.answer_within_hours or (is_night(now) and not clinic.remind_at_night):
        return
    watch = Watch(clinic.answer_within_hours, load_calendars(), now)
    recipients = list(Recipient.objects.told_about(None).order_by("pk"))
    broken, near = [], []
    for location_id in _places(recipients):
        broken += [request.pk for request in _oldest(watch, location_id, timedelta(), escalated_at=None)]
        soon = _oldest(watch, location_id, watch.margin, escalated_at=None, reminded_at=None)
        near += [request.pk for request in soon if not watch.standing(request).is_broken]
    if broken or near:
        with transaction.atomic():
            _tell(ALARM, broken, watch, recipients)
            _tell(REMINDER, near, watch, recipients)


def _places(recipients: list[Recipient]) -> list[int | None]:
    """The clinics of whose requests somebody is told; None stands for people who were not sure."""
    if not recipients:
        return []
    told = {recipient.location_id for recipient in recipients}
    if None in told:
        told |= set(Location.objects.values_list("pk", flat=True))
    return sorted(told | {None}, key=lambda pk: pk or 0)


def _oldest(watch: Watch, location_id: int | None, within: timedelta, **unmarked) -> Iterator[ConsultRequest]:
    """Requests with no more than `within` left, longest wait first. Whoever came later has more time left."""
    # As an expression, so that the index of those who wait is used and not that of all a clinic ever had.
    here = ConsultRequest.objects.alias(at_clinic=Coalesce("location_id", 0)).filter(at_clinic=location_id or 0)
    waiting = here.waiting().filter(first_contact_at=None, **unmarked)
    for request in waiting.only("location_id", "waiting_since", "first_contact_at", "stage")[:BATCH]:
        if watch.standing(request).left > within:
            return
        yield request


def _tell(telling: Telling, pks: list[int], watch: Watch, recipients: list[Recipient]) -> None:
    """Queue one mail for each recipient of any of these requests, and mark the requests.

    Locked and looked at once more: another worker, or a colleague, may have been quicker.
    """
    still = ConsultRequest.objects.waiting().filter(pk__in=pks, first_contact_at=None, **{telling.mark: None})
    requests = list(still.select_related("location").select_for_update(of=("self",)))
    by_address: dict[str, list[ConsultRequest]] = {}
    for request in requests:
        for address in _told(request, recipients, only_alarms=telling is ALARM):
            by_address.setdefault(address, []).append(request)
    as_written = {recipient.email.casefold(): recipient.email for recipient in reversed(recipients)}
    for address, theirs in by_address.items():
        count = "1 request" if len(theirs) == 1 else f"{len(theirs)} requests"
        queue_mail(
            kind=telling.kind,
            about="promises",
            to_address=as_written[address],
            subject=telling.subject.format(requests=count),
            body=_body(telling, theirs, watch),
            now=watch.now,
        )
    ConsultRequest.objects.filter(pk__in=[request.pk for request in requests]).update(**{telling.mark: watch.now})


def _told(request: ConsultRequest, recipients: list[Recipient], *, only_alarms: bool) -> list[str]:
    """The addresses told of a request, each once. Alarms go to those who get alarms, to everybody while none does."""
    told = [r for r in recipients if request.location_id is None or r.location_id in (None, request.location_id)]
    if only_alarms:
        told = [recipient for recipient in told if recipient.gets_alarms] or told
    return list(dict.fromkeys(recipient.email.casefold() for recipient in told))


def _body(telling: Telling, requests: list[ConsultRequest], watch: Watch) -> str:
    lines = [telling.opening, ""]
    for request in requests[:NAMED]:
        lines += [
            f"* {request.spoken_reference} for {request.place}: {watch.standing(request).sentence}",
            f"  {settings.SITE_URL}{request.get_absolute_url()}",
        ]
    if len(requests) > NAMED:
        lines.append(f"* and {len(requests) - NAMED} more")
    lines += ["", "This mail holds no personal details, by design. Please do not answer it.", ""]
    return "\n".join(lines)
