"""What every part of the report page is made of: the counts behind it, its tables, how it tells numbers."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from . import charts, reports
from .periods import Period
from .report_weeks import Weeks, count_weeks
from .reports import ContactTimes, SetAside, merged

# Of fewer than these, a percentage says more than is known.
FEWEST_FOR_SHARE = 5
NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table, for the page and as CSV. The first cell of a row says what the row is about.

    `export` are the rows for CSV, with dates and numbers as machines read them; `foot` is the last row.
    """

    name: str
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence]
    export: Sequence[Sequence]
    export_headings: Sequence[str] = ()
    foot: Sequence = ()
    is_wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """One figure. `empty` is said in place of drawing and tables when there is nothing to draw."""

    key: str
    heading: str
    meaning: Sequence[str]
    tables: Sequence[Table]
    chart: charts.Chart | None = None
    empty: str = ""


@dataclass
class Figures:
    """What was counted, each at most once. `clinics` are id (None: not sure) and name, in the order shown.

    `visible` are the ids of those of whose requests the reader may hear; None stands for people who were not sure.
    `promise_hours` is how soon the clinic promises an answer, in opening hours; None: no promise.
    """

    visible: Collection[int | None]
    clinics: Sequence[tuple[int | None, str]]
    period: Period
    promise_hours: int | None
    now: datetime

    @cached_property
    def weeks(self) -> Weeks:
        return count_weeks(period=self.period, clinics=self.visible)

    @cached_property
    def contact(self) -> dict[date, dict[int | None, ContactTimes]]:
        return reports.contact_times(self.weeks)

    @cached_property
    def contact_by_clinic(self) -> dict[int | None, ContactTimes]:
        return {
            clinic: merged(week[clinic] for week in self.contact.values() if clinic in week)
            for clinic, _ in self.clinics
        }

    @cached_property
    def contact_by_week(self) -> dict[date, ContactTimes]:
        return {week: merged(clinics.values()) for week, clinics in self.contact.items()}

    @cached_property
    def contact_of_all(self) -> ContactTimes:
        return merged(self.contact_by_week.values())

    @cached_property
    def arrivals(self) -> dict[date, Counter]:
        """How many requests came in each week, by the id of the clinic."""
        return {
            week: Counter({clinic: times.asked for clinic, times in clinics.items()})
            for week, clinics in self.contact.items()
        }

    @cached_property
    def set_aside(self) -> dict[date, SetAside]:
        return reports.set_aside(self.weeks)

    def week(self, monday: date) -> str:
        """A week as tables name it, and whether some of its days are outside the period."""
        is_one_year = self.period.first.year == self.period.last.year
        name = f"{monday:%b} {monday.day}" if is_one_year else day_text(monday)
        return name if self.period.is_whole(monday) else f"{name}, in part"

    @property
    def week_labels(self) -> list[str]:
        """Weeks as charts name them; over more than a year, by month and year."""
        weeks = self.period.weeks
        return [f"{week:%b} ’{week:%y}" if len(weeks) > 53 else f"{week:%b} {week.day}" for week in weeks]


def day_text(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def duration(minutes: int | None) -> str:
    """Return opening time as people say it: 45 min, 3 h, 3 h 10 min."""
    if minutes is None:
        return NOTHING
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def share(part: int, whole: int) -> str:
    """Return how much of `whole` `part` is, in percent; '' when the whole is too small for that."""
    if whole < FEWEST_FOR_SHARE:
        return ""
    if 0 < part < whole and not 0.01 <= part / whole <= 0.99:
        return "under 1%" if part < whole / 2 else "over 99%"
    return f"{round(100 * part / whole)}%"


def with_share(part: int, whole: int) -> str:
    """Return a count and, where that says something, its share: 12 (40%)."""
    told = share(part, whole)
    return f"{part:,} ({told})" if told else f"{part:,}"
