"""What the reports say, as numbers: each function returns plain values.

`weeks` are the counts of what the reader may see; none of the functions looks at who that is. A request
belongs to the local day, week and hour in which it was asked, and only real ones count: no spam, no tests.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.db.models import Sum
from django.urls import reverse

from articles.models import Article

from .models import Activity, ConsultRequest, SourceCount
from .periods import Period, YearAndMonth, next_month
from .report_weeks import (
    CONTACT_AT,
    ENDED_WITHOUT,
    ENDS,
    NOT_YET,
    OTHER_END,
    OUTCOME_AT,
    SOURCE_AT,
    STATE_AT,
    UNMEASURED,
    Tally,
    Weeks,
    hour_letter,
)

Stage, SpamState = ConsultRequest.Stage, ConsultRequest.SpamState
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


@dataclass(kw_only=True, slots=True)
class ContactTimes:
    """How fast a set of requests was answered. `minutes` are lengths of opening time, the shortest first."""

    minutes: Sequence[int] = ()
    unmeasured: int = 0
    not_yet: int = 0
    ended_without: int = 0

    @property
    def measured(self) -> int:
        return len(self.minutes)

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
        return bisect_right(self.minutes, minutes)


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


def nearest_rank(in_order: Sequence[int], *, percent: int) -> int | None:
    """Return the smallest value that at least `percent` of all values do not exceed; None when there is none.

    `in_order` are the values, the smallest first.
    """
    return in_order[-(-percent * len(in_order) // 100) - 1] if in_order else None


def contact_times(weeks: Weeks) -> dict[date, dict[int | None, ContactTimes]]:
    """Return for each week how many requests came in and how fast they were answered, by the clinic's id.

    None stands for people who were not sure which clinic.
    """
    return {
        week: {
            clinic: ContactTimes(
                minutes=tally.minutes,
                unmeasured=tally.counts[CONTACT_AT[UNMEASURED]],
                not_yet=tally.counts[CONTACT_AT[NOT_YET]],
                ended_without=tally.counts[CONTACT_AT[ENDED_WITHOUT]],
            )
            for clinic, tally in tallies.items()
            if tally.hours  # there was more than spam
        }
        for week, tallies in weeks.items()
    }


def merged(several: Iterable[ContactTimes]) -> ContactTimes:
    """Return what several sets of requests come to together."""
    several = list(several)
    return ContactTimes(
        minutes=sorted(chain.from_iterable(times.minutes for times in several)),
        unmeasured=sum(times.unmeasured for times in several),
        not_yet=sum(times.not_yet for times in several),
        ended_without=sum(times.ended_without for times in several),
    )


def outcomes(weeks: Weeks) -> dict[str, int]:
    """Return what the requests have come to by now: a stage, or for closed ones how they last ended."""
    counts = _summed(_all(weeks))
    return {outcome: counts[OUTCOME_AT[outcome]] for outcome in OUTCOMES}


def hours_of_week(weeks: Weeks) -> list[list[int]]:
    """Return how many requests came in each local hour, for each day from Monday on."""
    counts = Counter("".join(tally.hours for tally in _all(weeks)))
    return [[counts[hour_letter(24 * day + hour)] for hour in range(24)] for day in range(7)]


def sources(weeks: Weeks) -> dict[str, int]:
    """Return how many requests came from each kind of page."""
    counts = _summed(_all(weeks))
    return {source: counts[SOURCE_AT[source]] for source in ConsultRequest.Source.values}


def set_aside(weeks: Weeks) -> dict[date, SetAside]:
    """Return for each week how much of what came in was ever set aside as possible spam."""
    found = {}
    for week, tallies in weeks.items():
        counts = _summed(tallies.values())
        found[week] = SetAside(
            received=sum(counts[place] for place in STATE_AT.values()),
            waiting=counts[STATE_AT[SpamState.QUARANTINED]],
            confirmed=counts[STATE_AT[SpamState.CONFIRMED]],
            released=counts[STATE_AT[SpamState.RELEASED]],
        )
    return found


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


def _all(weeks: Weeks) -> list[Tally]:
    return [tally for tallies in weeks.values() for tally in tallies.values()]


def _summed(tallies: Iterable[Tally]) -> list[int]:
    """Each count, of all of them together."""
    return [sum(column) for column in zip(Tally().counts, *(tally.counts for tally in tallies), strict=True)]
