"""The screen for the day: who waits, who is due again, what is mine, whom we answered.

Every open request is in one of four places: never tried, due today, due on a later day, or in touch
with no day set. The first two are listed, the others counted, so that none is out of sight.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.urls import reverse

from clinic_site.core.models import AuditEntry, ClinicIdentity
from locations.business_time import Calendars, load_calendars

from .clock import promise
from .consents import do_not_contact, with_consents
from .dashboard import may_see
from .day import age_text, day_bounds, moment_text
from .models import Activity, ConsultRequest
from .outreach import Way, ways_to_reach
from .pipeline import OUTCOMES
from .presence import person_name

Stage = ConsultRequest.Stage
SHOWN_FIRST = 50
SHOWN_AFTER = 20
LONG = timedelta(days=1)
# That it has no end follows from the stage; said as well, so that the index of open requests is used.
OPEN = Q(stage__in=[Stage.WAITING, Stage.IN_TOUCH], finished_at=None)
UNTRIED = Q(stage=Stage.WAITING, finished_at=None, next_action_at=None)
NO_DAY = Q(stage=Stage.IN_TOUCH, finished_at=None, next_action_at=None)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person on the screen. `way` is how they asked to be reached, None when nothing can be tapped."""

    reference: str
    url: str
    name: str
    place: str
    way: Way | None
    typed_phone: str
    best_time: str
    may_name_clinic: bool
    do_not_contact: bool
    owner: str
    when: str
    about: str
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    """Rows in groups (one nameless group when they are not told apart), and how many there are in all."""

    groups: list[tuple[str, list[Row]]]
    total: int
    more: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the screen shows. `later` and `no_day` count the open requests that no section lists."""

    waiting: Section
    oldest: str
    due: Section
    overdue: int
    mine: Section
    answered: Section
    later: int
    no_day: int
    quarantined: int
    list_url: str


def due_today(*, now: datetime) -> Q:
    """Put off to a moment before the clinic's day ends."""
    return OPEN & Q(next_action_at__lt=day_bounds(now=now)[1])


def due_later(*, now: datetime) -> Q:
    return OPEN & Q(next_action_at__gte=day_bounds(now=now)[1])


def owned_by(user) -> Q:
    """Open, and taken on by `user`."""
    # As an expression: by the index of owners, SQLite may fetch all that somebody ever had.
    return OPEN & Q(Exact(Coalesce("owner_id", 0), user.pk))


def answered_today(*, now: datetime) -> Q:
    """First contacted, booked or closed on the clinic's day."""
    start, end = day_bounds(now=now)
    keys = ConsultRequest.objects.order_by().values("pk")
    contacted = keys.filter(first_contact_at__gte=start, first_contact_at__lt=end)
    # As one set of keys, each part by its own index: of an OR, SQLite may think that it is most of the table.
    return Q(pk__in=contacted.union(keys.filter(finished_at__gte=start, finished_at__lt=end)))


def desk(user, *, now: datetime) -> Desk | None:
    """Return the screen; None for staff who may not see requests. Leaves an audit entry naming whom it showed."""
    if not may_see(user):
        return None
    visible = ConsultRequest.objects.visible_to(user)
    real = visible.real()
    answered = real.filter(answered_today(now=now))
    counts = _counts(real, user, now)
    waiting = _take(real.filter(UNTRIED).order_by("waiting_since", "pk"), SHOWN_FIRST)
    due = _take(real.filter(due_today(now=now)).order_by("next_action_at", "pk"), SHOWN_FIRST)
    mine = _take(
        real.filter(owned_by(user)).order_by(F("next_action_at").asc(nulls_first=True), "waiting_since", "pk"),
        SHOWN_AFTER,
    )
    done = _take(answered.order_by(Coalesce("finished_at", "first_contact_at").desc(), "-pk"), SHOWN_AFTER)
    _record(user, now, [*waiting, *due, *mine, *done])
    rows = _Rows(hours=ClinicIdentity.load().answer_within_hours, calendars=load_calendars(), now=now)
    lasts = _last_tries([*due, *mine])
    return Desk(
        waiting=_section(_by_clinic(waiting), rows.waiting, counts["untried"], "due=untried"),
        oldest=age_text(waiting[0].age(now=now)) if waiting else "",
        due=_section([("", due)], lambda asked: rows.due(asked, lasts), counts["due"], "due=today"),
        overdue=counts["overdue"],
        mine=_section([("", mine)], lambda asked: rows.mine(asked, lasts), counts["mine"], "owner=me"),
        answered=_section([("", done)], rows.answered, answered.count(), "answered=today"),
        later=counts["later"],
        no_day=counts["no_day"],
        quarantined=visible.quarantined().count(),
        list_url=_list_url(),
    )


def last_try_text(kind: str, at: datetime, *, now: datetime) -> str:
    """Return what was tried last: "No answer, 9 am today"."""
    return f"{Activity.Kind(kind).label}, {moment_text(at, now=now)}"


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Makes the rows of each section: the same person, another time and another remark."""

    hours: int | None
    calendars: Calendars
    now: datetime

    def waiting(self, asked: ConsultRequest) -> Row:
        age = asked.age(now=self.now)
        stands = promise(asked, hours=self.hours, calendars=self.calendars, now=self.now)
        is_late = stands.is_broken if stands else age >= LONG
        return _row(asked, when=age_text(age), about=stands.sentence if stands else "", is_late=is_late)

    def due(self, asked: ConsultRequest, lasts: dict[int, tuple]) -> Row:
        when = moment_text(asked.next_action_at, now=self.now)
        return _row(asked, when=when, about=self._last(asked, lasts), is_late=asked.next_action_at <= self.now)

    def mine(self, asked: ConsultRequest, lasts: dict[int, tuple]) -> Row:
        if asked.next_action_at:
            return replace(self.due(asked, lasts), owner="")
        waits = asked.stage == Stage.WAITING
        when = f"Waits {age_text(asked.age(now=self.now))}" if waits else "No day set"
        return replace(_row(asked, when=when, about=self._last(asked, lasts)), owner="")

    def answered(self, asked: ConsultRequest) -> Row:
        at = asked.finished_at or asked.first_contact_at
        waits = asked.stage == Stage.WAITING
        return _row(asked, when=moment_text(at, now=self.now), about="Message left" if waits else _stage(asked))

    def _last(self, asked: ConsultRequest, lasts: dict[int, tuple]) -> str:
        return last_try_text(*lasts[asked.pk], now=self.now) if asked.pk in lasts else ""


def _stage(asked: ConsultRequest) -> str:
    return asked.get_stage_display()


def _counts(real, user, now: datetime) -> dict[str, int]:
    """How many open requests there are of each kind, counted in one go."""
    _, tomorrow = day_bounds(now=now)
    # Nothing but what the index of open requests holds, or PostgreSQL would fetch each row.
    no_day = Q(next_action_at=None)
    return real.filter(OPEN).aggregate(
        untried=Count("pk", filter=no_day & Q(stage=Stage.WAITING)),
        due=Count("pk", filter=Q(next_action_at__lt=tomorrow)),
        overdue=Count("pk", filter=Q(next_action_at__lt=tomorrow, next_action_at__lte=now)),
        later=Count("pk", filter=Q(next_action_at__gte=tomorrow)),
        no_day=Count("pk", filter=no_day & Q(stage=Stage.IN_TOUCH)),
        mine=Count("pk", filter=Q(owner=user)),
    )


def _take(requests, most: int) -> list[ConsultRequest]:
    """The first of `requests`, in their order. They are chosen in the index; only those shown are fetched."""
    chosen = list(requests.values_list("pk", flat=True)[:most])
    shown = with_consents(ConsultRequest.objects.filter(pk__in=chosen).select_related("location", "owner"))
    return sorted(shown, key=lambda request: chosen.index(request.pk))


def _record(user, now: datetime, shown: list[ConsultRequest]) -> None:
    references = list(dict.fromkeys(request.reference for request in shown))
    if references:
        AuditEntry.record(action="waiting-viewed", subject="consults", now=now, actor=user, requests=references)


def _last_tries(requests: Iterable[ConsultRequest]) -> dict[int, tuple[str, datetime]]:
    """The last outcome of each request, and when it was noted."""
    tries = Activity.objects.filter(request__in={request.pk for request in requests}, kind__in=list(OUTCOMES))
    return {pk: (kind, at) for pk, kind, at in tries.order_by("pk").values_list("request", "kind", "at")}


def _by_clinic(requests: list[ConsultRequest]) -> list[tuple[str, list[ConsultRequest]]]:
    """Clinic by clinic, in the order in which they came within each."""
    ordered = sorted(requests, key=_clinic_order)
    return [(place, list(members)) for place, members in groupby(ordered, key=_clinic_name)]


def _section(groups: list, make: Callable[[ConsultRequest], Row], total: int, query: str) -> Section:
    made = [(place, [make(request) for request in requests]) for place, requests in groups]
    shown = sum(len(rows) for _, rows in made)
    return Section(groups=made, total=total, more=max(0, total - shown), url=f"{_list_url()}?{query}")


def _list_url() -> str:
    return reverse("admin:consults_consultrequest_changelist")


def _clinic_name(request: ConsultRequest) -> str:
    return request.location.name if request.location else "Either clinic"


def _clinic_order(request: ConsultRequest) -> tuple:
    location = request.location
    return (0, location.position, location.name) if location else (1, 0, "")


def _row(request: ConsultRequest, *, when: str, about: str, is_late: bool = False) -> Row:
    ways = ways_to_reach(request)
    return Row(
        reference=request.spoken_reference,
        url=request.get_absolute_url(),
        name=request.name,
        place=_clinic_name(request),
        way=ways[0] if ways else None,
        typed_phone=request.phone_as_typed,
        best_time=request.get_best_time_display(),
        may_name_clinic=request.may_name_clinic,
        do_not_contact=do_not_contact(request),
        owner=person_name(request.owner) if request.owner else "",
        when=when,
        about=about,
        is_late=is_late,
    )
