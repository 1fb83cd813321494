"""What the reports count, by local week and clinic.

Weeks that are over are kept counted, a row for each, by a job of the worker. Whatever changes a request
marks the week in which it came in (see `report_marks`). A week that is marked, is not over yet or lies in
the period only in part is counted from its requests, by the same function: the figures are equal.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Case, Exists, Min, OuterRef, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from .models import Activity, ConsultRequest, ReportMark, ReportWeek
from .periods import ONE_WEEK, Period, hour_number, monday_of, week_and_hour

Stage, SpamState, Source = ConsultRequest.Stage, ConsultRequest.SpamState, ConsultRequest.Source
ENDS = [Activity.Kind.NOT_A_FIT, Activity.Kind.WRONG_NUMBER, Activity.Kind.DUPLICATE]
OTHER_END = "other"
# A first contact with its time, one from before times were measured; none so far, or none before the end.
MEASURED, UNMEASURED, NOT_YET, ENDED_WITHOUT = "measured", "unmeasured", "not_yet", "ended_without"
# What is counted, each at its place. Where this changes, what was kept before is no longer read.
OUTCOMES = [str(outcome) for outcome in (Stage.WAITING, Stage.IN_TOUCH, Stage.BOOKED, *ENDS, OTHER_END)]
CONTACTS = [MEASURED, UNMEASURED, NOT_YET, ENDED_WITHOUT]
SOURCES, STATES = Source.values, SpamState.values
COLUMNS = [*OUTCOMES, *CONTACTS, *SOURCES, *STATES]
REAL = {SpamState.CLEAN.value, SpamState.RELEASED.value}
# How many keys one question names: SQLite takes 32,766.
KEYS_AT_ONCE = 5_000
# How many weeks one run of the job counts: after an upgrade, the next run goes on.
WEEKS_AT_ONCE = 60


def _places(names: Iterable[str], *, after: int) -> dict[str, int]:
    return {name: after + place for place, name in enumerate(names)}


OUTCOME_AT = _places(OUTCOMES, after=0)
CONTACT_AT = _places(CONTACTS, after=len(OUTCOME_AT))
SOURCE_AT = _places(SOURCES, after=len(OUTCOME_AT) + len(CONTACT_AT))
STATE_AT = _places(STATES, after=len(OUTCOME_AT) + len(CONTACT_AT) + len(SOURCE_AT))


@dataclass(slots=True)
class Tally:
    """The counts of one clinic in one week.

    `counts` has a place for each of COLUMNS. `minutes` are the opening times to each first contact that was
    measured, the shortest first. `hours` has a letter for the local hour of each real request, from Monday at
    midnight on: see `hour_letter`. Numbers would take most of the time in which a year is read.
    """

    counts: list[int] = field(default_factory=lambda: [0] * len(COLUMNS))
    minutes: list[int] = field(default_factory=list)
    hours: str = ""


def hour_letter(hour: int) -> str:
    """Return the letter that stands for one of the 168 hours of a week."""
    return chr(ord("À") + hour)


# By the Monday of a week, then by the clinic's id; None stands for people who were not sure which.
Weeks = dict[date, dict[int | None, Tally]]


def count_weeks(*, period: Period, clinics: Collection[int | None] | None = None) -> Weeks:
    """Return what came in in each week of `period`, for `clinics`; for all when that is None."""
    weeks: Weeks = {week: {} for week in period.weeks}
    kept = _kept(period)
    # Only the lines that are wanted are read: one clinic among two hundred is one line.
    beginnings = None if clinics is None else {f"[{json.dumps(clinic)}" for clinic in clinics}
    for week, lines in kept.items():
        wanted = [line for line in lines if beginnings is None or line[: line.index(",")] in beginnings]
        weeks[week] = {clinic: Tally(*counted) for clinic, *counted in json.loads(f"[{','.join(wanted)}]")}
    for stretch in _stretches([week for week in weeks if week not in kept], period):
        weeks |= _count(stretch, clinics)
    return weeks


def _kept(period: Period) -> dict[date, list[str]]:
    """The weeks inside for which a count is kept that still holds, each with a line of JSON for every clinic."""
    marks = ReportMark.objects.filter(at__gte=OuterRef("starts_at"), at__lt=OuterRef("ends_at"))
    rows = ReportWeek.objects.filter(
        ~Exists(marks), zone=str(period.zone), starts_at__gte=period.start, ends_at__lte=period.end
    )
    found = {}
    for starts_at, counts in rows.values_list("starts_at", "counts"):
        columns, *lines = counts.split("\n")
        if columns == ",".join(COLUMNS):
            found[starts_at.astimezone(period.zone).date()] = lines
    return found


def _stretches(weeks: list[date], period: Period) -> list[Period]:
    """The days of `weeks` that lie inside, neighbours put together."""
    found: list[Period] = []
    for week in weeks:
        first, last = max(week, period.first), min(week + ONE_WEEK - timedelta(days=1), period.last)
        if found and found[-1].last == first - timedelta(days=1):
            first = found.pop().first
        found.append(Period(first=first, last=last, zone=period.zone))
    return found


def _count(period: Period, clinics: Collection[int | None] | None) -> Weeks:
    """Count the requests of a period, all but the site's own tests, in one pass."""
    weeks: Weeks = {week: {} for week in period.weeks}
    closed = {}
    contact = Case(
        When(first_contact_at=None, stage__in=[Stage.WAITING, Stage.IN_TOUCH], then=Value(NOT_YET)),
        When(first_contact_at=None, then=Value(ENDED_WITHOUT)),
        When(answered_minutes=None, then=Value(UNMEASURED)),
        default=Value(MEASURED),
    )
    requests = ConsultRequest.objects.filter(is_test=False, **period.holds("asked_at"))
    if clinics is not None:
        requests = requests.alias(at_clinic=Coalesce("location_id", 0)).filter(
            at_clinic__in=[pk or 0 for pk in clinics]
        )
    rows = requests.order_by().annotate(contact=contact, hour=hour_number("asked_at", period))
    rows = rows.values_list("pk", "hour", "location_id", "spam_state", "stage", "source", "contact", "answered_minutes")
    for pk, number, clinic, state, stage, source, contact, minutes in rows.iterator(chunk_size=KEYS_AT_ONCE):
        week, hour = week_and_hour(number)
        tally = weeks[week].get(clinic) or weeks[week].setdefault(clinic, Tally())
        tally.counts[STATE_AT[state]] += 1
        if state not in REAL:
            continue
        tally.hours += hour_letter(hour)
        tally.counts[SOURCE_AT[source]] += 1
        tally.counts[CONTACT_AT[contact]] += 1
        if contact == MEASURED:
            tally.minutes.append(minutes)
        if stage == Stage.CLOSED:
            closed[pk] = tally
        else:
            tally.counts[OUTCOME_AT[stage]] += 1
    _count_ends(closed)
    for tally in (tally for tallies in weeks.values() for tally in tallies.values()):
        tally.minutes.sort()
    return weeks


def _count_ends(closed: dict[int, Tally]) -> None:
    """Count how each closed request, by its key, ended last."""
    pks, ends = list(closed), dict.fromkeys(closed, OTHER_END)
    for first in range(0, len(pks), KEYS_AT_ONCE):
        activities = Activity.objects.filter(request__in=pks[first : first + KEYS_AT_ONCE], kind__in=ENDS)
        # Activities are only ever added, so the highest id is the last one.
        ends.update(activities.order_by("pk").values_list("request_id", "kind"))
    for pk, end in ends.items():
        closed[pk].counts[OUTCOME_AT[end]] += 1


# What the worker keeps ----------------------------------------------------------------------------


def keep_weeks(*, now: datetime) -> int:
    """Count the weeks that are over and for which no count is kept that still holds, the newest first.

    Returns how many were counted: 60 at most.
    """
    zone = timezone.get_default_timezone()
    this_week = monday_of(now.astimezone(zone).date())
    oldest = ConsultRequest.objects.aggregate(first=Min("asked_at"))["first"] or now
    over = Period(first=monday_of(oldest.astimezone(zone).date()), last=this_week - timedelta(days=1), zone=zone)
    ReportWeek.objects.exclude(zone=str(zone), starts_at__gte=over.start).delete()
    # Of weeks that no count is kept for.
    ReportMark.objects.exclude(at__gte=over.start, at__lt=over.end).delete()
    kept = _kept(over)
    lacking = [week for week in reversed(over.weeks) if week not in kept][:WEEKS_AT_ONCE]
    for week in lacking:
        _keep(Period(first=week, last=week + ONE_WEEK - timedelta(days=1), zone=zone))
    return len(lacking)


@transaction.atomic
def _keep(week: Period) -> None:
    """Count one week and keep it.

    The row is locked first, so that of two workers the later one counts later. Then marks are deleted: a
    change whose mark is seen is committed, and counted; a mark that comes later stays.
    """
    row, _ = ReportWeek.objects.select_for_update().get_or_create(
        zone=str(week.zone), starts_at=week.start, defaults={"ends_at": week.end, "counts": ""}
    )
    ReportMark.objects.filter(**week.holds("at")).delete()
    tallies = _count(week, None)[week.first]
    lines = [
        json.dumps([clinic, tally.counts, tally.minutes, tally.hours], separators=(",", ":"), ensure_ascii=False)
        for clinic, tally in tallies.items()
    ]
    row.ends_at = week.end
    row.counts = "\n".join([",".join(COLUMNS), *lines])
    row.save()
