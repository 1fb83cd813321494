"""How fast requests were answered: the figure the clinic is run by."""

from datetime import date

from . import charts
from .report_parts import Figures, Section, Table, duration, with_share
from .reports import ContactTimes


def time_to_first_contact(figures: Figures) -> Section:
    everyone = figures.contact_of_all
    weeks = figures.contact_by_week
    promise = figures.promise_hours
    chart = charts.lines(
        key="contact",
        title="Time to first contact, by week",
        about="Two lines in opening hours: the median, and the 90th percentile. The table has every number.",
        labels=figures.week_labels,
        series=[
            charts.Series(name="Median", values=[_hours(times.median) for times in weeks.values()]),
            charts.Series(name="90th percentile", values=[_hours(times.ninetieth) for times in weeks.values()]),
        ],
        unit="h",
        promise=(promise, f"promised: {promise} h") if promise else None,
    )
    told = [(name, figures.contact_by_clinic[clinic]) for clinic, name in figures.clinics]
    if len(told) > 1:
        told.append(("All", everyone))
    headings = ["Clinic", "Asked", "Contacted", "Median", "90th percentile"]
    headings += [f"Within {promise} h"] if promise else []
    headings += ["No contact yet", "Ended without"]
    return Section(
        key="first-contact",
        heading="Time to first contact",
        meaning=_contact_meaning(promise, everyone.unmeasured),
        chart=chart if everyone.measured else None,
        tables=[
            Table(
                name="first-contact",
                caption="First contact by clinic",
                headings=headings,
                rows=[[name, *_contact_cells(times, promise)] for name, times in told],
                export=[[name, *_contact_numbers(times, promise)] for name, times in told],
                export_headings=_in_minutes(headings),
                is_wide=True,
            ),
            _contact_by_week(figures, weeks),
        ],
        empty="" if everyone.asked else "No requests in these weeks, so nobody waited.",
    )


def _contact_meaning(promise: int | None, unmeasured: int) -> list[str]:
    meaning = [
        "From asking until the person was first reached or a message was left, in opening time: the minutes in which "
        "the clinic is closed do not count. Of all times put in order, the median is the first that half of them do "
        "not exceed, and the 90th percentile the first that nine in ten do not exceed.",
        "A request belongs to the week in which it was asked. “No contact yet” are open requests that wait for a first "
        "contact; “ended without” were closed before any, such as wrong numbers. Neither has a time, so they stand "
        "beside the times.",
    ]
    if promise:
        meaning.append(f"“Within {promise} h” counts, of those contacted, the ones that the promise was kept for.")
    if unmeasured:
        were = "request was" if unmeasured == 1 else "requests were"
        meaning.append(f"{unmeasured} {were} contacted before the site measured times: counted as contacted, no time.")
    return meaning


def _contact_by_week(figures: Figures, weeks: dict[date, ContactTimes]) -> Table:
    """Each week's times: of all, and of each clinic when several are shown."""
    several = figures.clinics if len(figures.clinics) > 1 else []
    headings = ["Week of", "Contacted", "Median", "90th percentile", "No contact yet", "Ended without"]
    for _, name in several:
        headings += [f"{name}: median", f"{name}: 90th"]
    rows = []
    for week, times in weeks.items():
        row = [week, times.contacted, times.median, times.ninetieth, times.not_yet, times.ended_without]
        for clinic, _ in several:
            own = figures.contact[week].get(clinic, ContactTimes())
            row += [own.median, own.ninetieth]
        rows.append(row)
    times_at = [2, 3, *range(6, len(headings))]
    return Table(
        name="first-contact-by-week",
        caption="First contact by week",
        headings=headings,
        rows=[
            [figures.week(row[0]), *(duration(row[at]) if at in times_at else row[at] for at in range(1, len(row)))]
            for row in rows
        ],
        export=rows,
        export_headings=_in_minutes(headings),
        is_wide=True,
    )


def _contact_cells(times: ContactTimes, promise: int | None) -> list:
    kept = [with_share(times.within(60 * promise), times.measured)] if promise else []
    return [
        times.asked,
        times.contacted,
        duration(times.median),
        duration(times.ninetieth),
        *kept,
        times.not_yet,
        times.ended_without,
    ]


def _contact_numbers(times: ContactTimes, promise: int | None) -> list:
    kept = [times.within(60 * promise)] if promise else []
    return [times.asked, times.contacted, times.median, times.ninetieth, *kept, times.not_yet, times.ended_without]


def _in_minutes(headings: list[str]) -> list[str]:
    are_times = ("Median", "median", "90th", "percentile")
    return [f"{name} (minutes)" if name.endswith(are_times) else name for name in headings]


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else minutes / 60
