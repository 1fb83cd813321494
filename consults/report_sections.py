"""The report page, part by part: each figure with its meaning in words, its drawing and its tables."""

from collections.abc import Callable
from datetime import date

from . import charts, reports
from .models import ConsultRequest
from .report_contact import time_to_first_contact
from .report_parts import NOTHING, Figures, Section, Table, share, with_share
from .reports import FEWEST_SHOWN

MOST_ARTICLES, MOST_ARTICLE_BARS = 40, 10
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
FEW = f"fewer than {FEWEST_SHOWN}"


def requests_by_week(figures: Figures) -> Section:
    names = [name for _, name in figures.clinics]
    total = figures.contact_of_all.asked
    several = len(names) > 1
    series = _series_by_week(figures)
    rows = [
        [week, *([counts.total()] if several else []), *(counts[clinic] for clinic, _ in figures.clinics)]
        for week, counts in figures.arrivals.items()
    ]
    headings = ["Week of", *(["All"] if several else []), *names]
    return Section(
        key="requests-by-week",
        heading="Requests by week",
        meaning=[
            "How many people asked for a consult, by the week in which they asked (Monday to Sunday, local time) and "
            "the clinic they chose. Spam and the site’s own tests are left out; a request sent twice counts once.",
            *(
                ["So many clinics are drawn as one column; the table tells them apart."]
                if len(series) < len(names)
                else []
            ),
        ],
        chart=charts.columns(
            key="weeks",
            title="Requests by week",
            about=f"One column a week, {total} requests in all. The table has every number.",
            labels=figures.week_labels,
            series=series,
        ),
        tables=[
            Table(
                name="requests-by-week",
                caption="Requests by week and clinic" if several else "Requests by week",
                headings=headings,
                rows=[[figures.week(week), *counts] for week, *counts in rows],
                foot=["Together", *(sum(column) for column in list(zip(*rows, strict=True))[1:])],
                export=rows,
            )
        ],
        empty="" if total else "No requests in these weeks.",
    )


def _series_by_week(figures: Figures) -> list[charts.Series]:
    """One for each clinic; one for all when they are more than there are colours to tell them apart."""
    weeks = figures.arrivals.values()
    if len(figures.clinics) > charts.COLOURS:
        return [charts.Series(name="All", values=[counts.total() for counts in weeks])]
    return [charts.Series(name=name, values=[counts[clinic] for counts in weeks]) for clinic, name in figures.clinics]


def outcomes(figures: Figures) -> Section:
    found = reports.outcomes(figures.weeks)
    # The last one is for what came from elsewhere: named only when there is any.
    rows = [[reports.OUTCOMES[key], count] for key, count in found.items() if count or key != reports.OTHER_END]
    return _counts(
        key="outcomes",
        heading="What became of them",
        meaning="Where each request of these weeks stands now. Closed ones are told by how they last ended.",
        first="Outcome",
        caption="Requests by outcome",
        rows=rows,
    )


def sources(figures: Figures) -> Section:
    found = reports.sources(figures.weeks)
    return _counts(
        key="sources",
        heading="Kinds of page they came from",
        meaning="The kind of page whose form was sent. Which article it was is never kept with a request.",
        first="Kind of page",
        caption="Requests by kind of page",
        rows=[[ConsultRequest.Source(source).label, count] for source, count in found.items()],
    )


def _counts(*, key: str, heading: str, meaning: str, first: str, caption: str, rows: list[list]) -> Section:
    """A bar and a row for each kind, with its share of all."""
    total = sum(count for _, count in rows)
    return Section(
        key=key,
        heading=heading,
        meaning=[meaning],
        chart=charts.bars(
            key=key,
            title=heading,
            about=f"One bar for each kind, {total} requests in all.",
            rows=[(name, count, with_share(count, total)) for name, count in rows],
        ),
        tables=[
            Table(
                name=key,
                caption=caption,
                headings=[first, "Requests", "Share"],
                rows=[[name, count, share(count, total) or NOTHING] for name, count in rows],
                foot=["Together", total, ""],
                export=rows,
                export_headings=[first, "Requests"],
            )
        ],
        empty="" if total else "No requests in these weeks.",
    )


def hours(figures: Figures) -> Section:
    days = reports.hours_of_week(figures.weeks)
    totals = [sum(day[hour] for day in days) for hour in range(24)]
    names = [f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" for hour in range(24)]
    rows = [
        [name, total, *(day[hour] for day in days)]
        for hour, (name, total) in enumerate(zip(names, totals, strict=True))
    ]
    return Section(
        key="hours",
        heading="When in the day they ask",
        meaning=[
            "The hour on the clinic’s clock in which each request came in: “9 am” is from 9:00 to 9:59. When clocks go "
            "back, the hour that comes twice is one row, and each request counts once."
        ],
        chart=charts.columns(
            key="hours",
            title="Requests by hour of the day",
            about=f"24 columns, from midnight to midnight, {sum(totals)} requests in all.",
            labels=names,
            series=[charts.Series(name="Requests", values=totals)],
        ),
        tables=[
            Table(
                name="hours",
                caption="Requests by hour and day of the week",
                headings=["Hour from", "All", *WEEKDAYS],
                rows=rows,
                foot=["Together", sum(totals), *(sum(day) for day in days)],
                export=rows,
            )
        ],
        empty="" if any(totals) else "No requests in these weeks.",
    )


def quarantined(figures: Figures) -> Section:
    weeks = figures.set_aside
    columns = [("received", "Received"), ("set_aside", "Set aside"), ("waiting", "Not looked at yet"),
               ("confirmed", "Was spam"), ("released", "Was none, released")]  # fmt: skip
    rows = [[week, *(getattr(found, name) for name, _ in columns)] for week, found in weeks.items()]
    foot = ["Together", *(sum(row[at] for row in rows) for at in range(1, len(columns) + 1))]
    received, aside = foot[1], foot[2]
    return Section(
        key="set-aside",
        heading="Set aside as possible spam",
        meaning=[
            "Of everything that came in (spam included, the site’s own tests left out), the share that the spam checks "
            "set aside at any time, whatever became of it since: not looked at yet, confirmed as spam, or released "
            "because it was none. Spam is deleted after a while, so weeks long past hold less of it."
        ],
        chart=charts.columns(
            key="aside",
            title="Received by week, and how much was set aside",
            about=f"One column a week: {aside} of {received} were set aside.",
            labels=figures.week_labels,
            series=[
                charts.Series(name="Let through", values=[found.let_through for found in weeks.values()]),
                charts.Series(name="Set aside", values=[found.set_aside for found in weeks.values()]),
            ],
        ),
        tables=[
            Table(
                name="set-aside",
                caption="Set aside by week",
                headings=["Week of", "Received", "Set aside", "Share", *(words for _, words in columns[2:])],
                rows=[_share_third([figures.week(row[0]), *row[1:]]) for row in rows],
                foot=_share_third(foot),
                export=rows,
                export_headings=["Week of", *(words for _, words in columns)],
                is_wide=True,
            )
        ],
        empty="" if received else "Nothing came in in these weeks.",
    )


def _share_third(row: list) -> list:
    return [*row[:3], share(row[2], row[1]) or NOTHING, *row[3:]]


def articles(figures: Figures) -> Section:
    months = reports.whole_months(figures.period, now=figures.now)
    found = reports.article_months(period=figures.period, now=figures.now)
    shown = [article for article in found if article.shown][:MOST_ARTICLE_BARS]
    rows = [
        [
            article.title,
            _sum_of(article),
            *(_of_month(article, month) for month in months),
        ]
        for article in found[:MOST_ARTICLES]
    ]
    return Section(
        key="articles",
        heading="Articles that bring consults",
        meaning=_articles_meaning(len(found)),
        chart=charts.bars(
            key="articles",
            title="Requests by article",
            about="One bar for each article that brings most. The table names them whole.",
            rows=[(article.title, article.shown, _sum_of(article)) for article in shown],
        )
        if shown
        else None,
        tables=[
            Table(
                name="articles",
                caption="Requests by article and month",
                headings=["Article", "Together", *(f"{month:%b %Y}" for month in months)],
                rows=rows,
                export=[
                    [f"{month:%Y-%m}", article.title, article.path, _of_month(article, month)]
                    for article in found
                    for month in months
                    if month in article.months
                ],
                export_headings=["Month", "Article", "Address", "Requests"],
                is_wide=True,
            )
        ],
        empty=""
        if found
        else "Nothing to show: no month of this range has ended yet, or no request was sent from an article in one.",
    )


def _articles_meaning(articles: int) -> list[str]:
    meaning = [
        "How many requests were sent from each article’s page. This is a count of its own that is never joined to a "
        "request, so that nobody’s name can stand beside a subject. So it is of every clinic, spam included, and of "
        "whole months: every month that the range touches, once it has ended.",
        f"Small months say “{FEW}” and are left out of the sum, which then ends in “+”.",
    ]
    if articles > MOST_ARTICLES:
        meaning.append(f"The first {MOST_ARTICLES} of {articles} are shown; the CSV file has them all.")
    return meaning


def _of_month(article: reports.ArticleMonths, month: date) -> int | str:
    count = article.months.get(month, 0)
    return FEW if count is None else count


def _sum_of(article: reports.ArticleMonths) -> str:
    if not article.shown:
        return NOTHING
    return f"{article.shown:,}{'+' if None in article.months.values() else ''}"


SECTIONS: dict[str, Callable[[Figures], Section]] = {
    "requests-by-week": requests_by_week,
    "first-contact": time_to_first_contact,
    "first-contact-by-week": time_to_first_contact,
    "outcomes": outcomes,
    "hours": hours,
    "sources": sources,
    "set-aside": quarantined,
    "articles": articles,
}


def all_sections(figures: Figures) -> list[Section]:
    """Return every part of the page, in the order shown."""
    return [build(figures) for build in dict.fromkeys(SECTIONS.values())]


def table_named(name: str, figures: Figures) -> Table:
    """Return one table, counting only what it needs. Raises KeyError for a name that no table has."""
    return next(table for table in SECTIONS[name](figures).tables if table.name == name)
