"""What the reports say, as numbers: each function counts in the database and returns plain values.

`requests` are those the reader may see; none of the functions looks at who that is. A request belongs
to the local day, week and hour in which it was asked, and only real ones count: no spam, no tests.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, Count, Max, Sum, Value, When
from django.urls import reverse

from articles.models import Article

from .models import Activity, ConsultRequest, SourceCount
from .models.request import ConsultRequestQuerySet
from .periods import Period, YearAndMonth, hour_of_week, next_month, week_number, week_of

Stage, SpamState = ConsultRequest.Stage, ConsultRequest.SpamState
ENDS = [Activity.Kind.NOT_A_FIT, Activity.Kind.WRONG_NUMBER, Activity.Kind.DUPLICATE]
OTHER_END = "other"
# What a request has come to, in the order in which it is shown.
OUTCOMES = {
    Stage.WAITING: "Waiting",
    Stage.IN_TOUCH: "In touch",
    Stage.BOOKED: "Booked",
    **{kind: Activity.Kind(kind).label for kind in ENDS},
    OTHER_END: "Closed, with no reason noted",
}
# A count of articles below this could be tied to one person.
FEWEST_SHOWN = 3
# Whether anybody was contacted: small numbers, which databases sort fastest.
CONTACTED, NOT_YET, ENDED_WITHOUT = range(3)


@dataclass
class ContactTimes:
    """How fast a set of requests was answered. `minutes` counts each length of opening time, in minutes."""

    minutes: Counter = field(default_factory=Counter)
    unmeasured: int = 0
    not_yet: int = 0
    ended_without: int = 0

    @property
    def measured(self) -> int:
        return self.minutes.total()

    @property
    def contacted(self) -> int:
        return self.measured + self.unmeasured

    @property
    def asked(self) -> int:
        return self.contacted + self.not_yet + self.ended_without

    @property
    def median(self) -> int | None:
        return nearest_rank(self.minutes, percent=50)

    @property
    def ninetieth(self) -> int | None:
        return nearest_rank(self.minutes, percent=90)

    def within(self, minutes: int) -> int:
        """How many were contacted within so much opening time."""
        return sum(count for length, count in self.minutes.items() if length <= minutes)

    def add(self, other: "ContactTimes") -> None:
        self.minutes.update(other.minutes)
        self.unmeasured += other.unmeasured
        self.not_yet += other.not_yet
        self.ended_without += other.ended_without


@dataclass(frozen=True)
class SetAside:
    """Of all that came in, how much the spam checks set aside at any time, and what staff said of it."""

    received: int = 0
    waiting: int = 0
    confirmed: int = 0
    released: int = 0

    @property
    def set_aside(self) -> int:
        return self.waiting + self.confirmed + self.released

    @property
    def let_through(self) -> int:
        return self.received - self.set_aside


@dataclass(frozen=True, kw_only=True)
class ArticleMonths:
    """Requests sent from one article's page. `months` holds counts; None stands for one too small to show."""

    title: str
    path: str
    months: dict[date, int | None]

    @property
    def shown(self) -> int:
        """The sum of what is shown: small months stay out, or their size would follow from it."""
        return sum(count for count in self.months.values() if count)


def nearest_rank(counts: Counter, *, percent: int) -> int | None:
    """Return the smallest value that at least `percent` of all values do not exceed; None when there is none."""
    rank = -(-percent * counts.total() // 100)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def contact_times(requests: ConsultRequestQuerySet, *, period: Period) -> dict[date, dict[int | None, ContactTimes]]:
    """Return for each week how many requests came in and how fast they were answered, by the clinic's id.

    None stands for people who were not sure which clinic.
    """
    contact = Case(
        When(first_contact_at__isnull=False, then=Value(CONTACTED)),
        When(stage__in=[Stage.WAITING, Stage.IN_TOUCH], then=Value(NOT_YET)),
        default=Value(ENDED_WITHOUT),
    )
    weeks = {week: defaultdict(ContactTimes) for week in period.weeks}
    found = _inside(requests.real(), period).annotate(week=week_number("asked_at", period), contact=contact)
    for week, clinic, state, minutes, count in _counted(found, "week", "location_id", "contact", "answered_minutes"):
        times = weeks[week_of(week)][clinic]
        if state == NOT_YET:
            times.not_yet += count
        elif state == ENDED_WITHOUT:
            times.ended_without += count
        elif minutes is None:
            times.unmeasured += count
        else:
            times.minutes[minutes] += count
    return weeks


def merged(several: Iterable[ContactTimes]) -> ContactTimes:
    """Return what several sets of requests come to together."""
    together = ContactTimes()
    for times in several:
        together.add(times)
    return together


def outcomes(requests: ConsultRequestQuerySet, *, period: Period) -> dict[str, int]:
    """Return what the requests have come to by now: a stage, or for closed ones how they last ended."""
    asked = _inside(requests.real(), period)
    stages = dict(_counted(asked, "stage"))
    closed = asked.filter(stage=Stage.CLOSED).order_by()
    # Activities are only ever added, so the highest id is the last one. Asked once for all of them: a
    # subquery for each request took three times as long.
    last = Activity.objects.filter(request__in=closed, kind__in=ENDS).order_by().values("request_id")
    last = last.annotate(last=Max("pk")).values("last")
    ends = dict(Activity.objects.filter(pk__in=last).order_by().values_list("kind").annotate(count=Count("pk")))
    other = stages.pop(Stage.CLOSED, 0) - sum(ends.values())
    return {outcome: {**stages, **ends, OTHER_END: other}.get(outcome, 0) for outcome in OUTCOMES}


def hours_of_week(requests: ConsultRequestQuerySet, *, period: Period) -> list[list[int]]:
    """Return how many requests came in each local hour, for each day from Monday on."""
    days = [[0] * 24 for _ in range(7)]
    found = _inside(requests.real(), period).annotate(hour=hour_of_week("asked_at", period))
    for hour, count in _counted(found, "hour"):
        days[hour // 24][hour % 24] += count
    return days


def sources(requests: ConsultRequestQuerySet, *, period: Period) -> dict[str, int]:
    """Return how many requests came from each kind of page."""
    counts = dict.fromkeys(ConsultRequest.Source.values, 0)
    return {**counts, **dict(_counted(_inside(requests.real(), period), "source"))}


def set_aside(requests: ConsultRequestQuerySet, *, period: Period) -> dict[date, SetAside]:
    """Return for each week how much of what came in was ever set aside as possible spam."""
    weeks = {week: Counter() for week in period.weeks}
    found = _inside(requests.filter(is_test=False), period).annotate(week=week_number("asked_at", period))
    for week, state, count in _counted(found, "week", "spam_state"):
        weeks[week_of(week)][state] += count
    return {
        week: SetAside(
            received=states.total(),
            waiting=states[SpamState.QUARANTINED],
            confirmed=states[SpamState.CONFIRMED],
            released=states[SpamState.RELEASED],
        )
        for week, states in weeks.items()
    }


def whole_months(period: Period, *, now: datetime) -> list[date]:
    """Return the months that the period touches and that have ended.

    A month that still runs is left out: two looks at it, a day apart, would tell of a single request.
    """
    today = now.astimezone(period.zone).date()
    return [month for month in period.months if next_month(month) <= today]


def article_months(*, period: Period, now: datetime) -> list[ArticleMonths]:
    """Return which articles bring requests, from the count that is never joined to a request.

    Counts are of whole months and of all clinics, and small ones are None.
    """
    months = whole_months(period, now=now)
    if not months:
        return []
    start = reverse("articles:index")
    counted = (
        SourceCount.objects.filter(day__gte=months[0], day__lt=next_month(months[-1]), path__startswith=start)
        .annotate(month=YearAndMonth("day"))
        .order_by()
        .values_list("path", "month")
        .annotate(total=Sum("requests"))
    )
    by_path: dict[str, dict[date, int | None]] = defaultdict(dict)
    for path, month, total in counted:
        if total:
            by_path[path][date.fromisoformat(f"{month}-01")] = total if total >= FEWEST_SHOWN else None
    slugs = {path: path.removeprefix(start).strip("/") for path in by_path}
    titles = dict(Article.objects.filter(slug__in=slugs.values()).values_list("slug", "title"))
    found = [
        ArticleMonths(title=titles.get(slugs[path], path), path=path, months=counts) for path, counts in by_path.items()
    ]
    return sorted(found, key=lambda article: (-article.shown, -len(article.months), article.title, article.path))


def _inside(requests: ConsultRequestQuerySet, period: Period) -> ConsultRequestQuerySet:
    return requests.filter(**period.holds("asked_at"))


def _counted(requests: ConsultRequestQuerySet, *by: str) -> ConsultRequestQuerySet:
    return requests.order_by().values_list(*by).annotate(count=Count("pk"))
