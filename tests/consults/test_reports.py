"""The figures of the reports against counts made by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consults import reports
from consults.models import Activity, ConsultRequest, SourceCount
from consults.periods import Period
from consults.pipeline import confirm_spam, note_outcome, release
from consults.report_parts import duration, share
from consults.report_weeks import count_weeks
from tests.factories.consults import make_quarantined_request, make_request
from tests.factories.locations import make_location

pytestmark = pytest.mark.django_db
CHICAGO = ZoneInfo("America/Chicago")


def period(first: str, last: str) -> Period:
    return Period(first=date.fromisoformat(first), last=date.fromisoformat(last), zone=CHICAGO)


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold)


def ask(at: str, *, fold: int = 0, is_test: bool = False, **fields) -> ConsultRequest:
    """A request of that local moment; `fields` are written as they are."""
    location, source = fields.pop("location", None), fields.pop("source", "consult")
    request = make_request(now=local(at, fold=fold), location=location, source=source, name=f"Person {ask.number}")
    ask.number += 1
    ConsultRequest.objects.filter(pk=request.pk).update(is_test=is_test, **fields)
    request.refresh_from_db()
    return request


ask.number = 0


def asked_by_week(days: Period) -> dict[str, dict]:
    return {
        week.isoformat(): {clinic: times.asked for clinic, times in clinics.items()}
        for week, clinics in reports.contact_times(count_weeks(period=days)).items()
    }


# Requests by week and clinic ----------------------------------------------------------------------


def test_requests_are_counted_by_local_week_and_clinic():
    birmingham, auburn = make_location(name="Birmingham"), make_location(name="Auburn")
    ask("2026-11-01T23:59:59", location=birmingham)  # Sunday: the week of 26 October
    ask("2026-11-02T00:00", location=birmingham)
    ask("2026-11-08T23:59:59", location=birmingham)
    ask("2026-11-08T12:00", location=auburn)
    ask("2026-11-09T00:00")
    ask("2026-11-04T12:00", is_test=True)
    ask("2026-11-04T12:00", spam_state="quarantined")
    ask("2026-11-04T12:00", spam_state="confirmed")
    ask("2026-11-04T12:00", location=auburn, spam_state="released")
    assert asked_by_week(period("2026-10-26", "2026-11-15")) == {
        "2026-10-26": {birmingham.pk: 1},
        "2026-11-02": {birmingham.pk: 2, auburn.pk: 2},
        "2026-11-09": {None: 1},
    }


def test_only_the_days_of_the_period_count_from_midnight_to_midnight():
    for at in ("2026-11-02T23:59:59", "2026-11-03T00:00", "2026-11-05T23:59:59", "2026-11-06T00:00"):
        ask(at)
    assert asked_by_week(period("2026-11-03", "2026-11-05")) == {"2026-11-02": {None: 2}}


def test_clock_changes_leap_days_and_week_53_lose_and_double_nothing():
    for at in ("2026-03-08T01:59", "2026-03-08T03:00", "2026-03-08T23:59", "2026-03-09T00:00"):
        ask(at)
    assert asked_by_week(period("2026-03-02", "2026-03-15")) == {"2026-03-02": {None: 3}, "2026-03-09": {None: 1}}
    ask("2028-02-28T00:00")  # a Monday
    ask("2028-02-29T23:59:59")
    ask("2028-03-01T00:00")
    assert asked_by_week(period("2028-02-29", "2028-02-29")) == {"2028-02-28": {None: 1}}
    assert asked_by_week(period("2028-02-28", "2028-03-05")) == {"2028-02-28": {None: 3}}
    ask("2026-12-31T23:59:59")  # ISO week 53 of 2026: 28 December to 3 January
    ask("2027-01-01T00:00")
    ask("2027-01-03T23:59:59")
    ask("2027-01-04T00:00")
    assert asked_by_week(period("2026-12-28", "2027-01-10")) == {"2026-12-28": {None: 3}, "2027-01-04": {None: 1}}


# Hours of the day ---------------------------------------------------------------------------------


def test_the_hour_that_comes_twice_is_one_hour_and_each_request_counts_once():
    ask("2026-11-01T00:59:59")
    ask("2026-11-01T01:30", fold=0)
    ask("2026-11-01T01:30", fold=1)
    ask("2026-11-01T02:00")
    ask("2026-03-08T01:59:59")
    ask("2026-03-08T03:00")  # a second later
    ask("2026-07-06T00:00")  # Monday
    ask("2026-07-06T23:59:59")
    days = reports.hours_of_week(count_weeks(period=period("2026-01-01", "2026-12-31")))
    sunday, monday = days[6], days[0]
    assert {hour: count for hour, count in enumerate(sunday) if count} == {0: 1, 1: 3, 2: 1, 3: 1}
    assert {hour: count for hour, count in enumerate(monday) if count} == {0: 1, 23: 1}
    assert sum(map(sum, days)) == 8


# Time to first contact ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "median", "ninetieth"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([1, 9], 1, 9),
        ([3, 1, 2], 2, 3),
        (range(1, 11), 5, 9),
        (range(1, 12), 6, 10),
        ([0, 0, 0, 0, 600], 0, 600),
    ],
)
def test_percentiles_are_by_nearest_rank(values, median, ninetieth):
    found = [reports.nearest_rank(sorted(values), percent=percent) for percent in (50, 90)]
    assert found == [median, ninetieth]


def test_times_are_told_by_week_and_clinic_and_who_has_none_stands_beside():
    auburn = make_location(name="Auburn")
    contacted = {"stage": "in_touch", "first_contact_at": local("2026-11-12T12:00")}
    for minutes in (10, 30, 20, 500):
        ask("2026-11-03T12:00", location=auburn, answered_minutes=minutes, **contacted)
    ask("2026-11-10T12:00", location=auburn, answered_minutes=0, **contacted)
    ask("2026-11-03T12:00", answered_minutes=60, **contacted)
    ask("2026-11-03T12:00", **contacted)  # before times were measured
    ask("2026-11-03T12:00")
    ask("2026-11-03T12:00", stage="closed", finished_at=local("2026-11-04T12:00"))
    ask("2026-11-03T12:00", spam_state="confirmed", answered_minutes=1, first_contact_at=local("2026-11-03T12:01"))
    weeks = reports.contact_times(count_weeks(period=period("2026-11-02", "2026-11-15")))
    first, second = weeks[date(2026, 11, 2)], weeks[date(2026, 11, 9)]
    assert (first[auburn.pk].median, first[auburn.pk].ninetieth) == (20, 500)
    assert (second[auburn.pk].median, second[auburn.pk].ninetieth) == (0, 0)
    unsure = first[None]
    assert (unsure.median, unsure.measured, unsure.contacted) == (60, 1, 2)
    assert (unsure.not_yet, unsure.ended_without, unsure.asked) == (1, 1, 4)
    everyone = reports.merged(times for week in weeks.values() for times in week.values())
    # 0, 10, 20, 30, 60, 500
    assert (everyone.median, everyone.ninetieth, everyone.asked) == (20, 500, 9)
    assert [everyone.within(minutes) for minutes in (59, 60, 480, 500)] == [4, 5, 5, 6]


@pytest.mark.parametrize(
    ("minutes", "said"), [(None, "–"), (0, "0 min"), (59, "59 min"), (60, "1 h"), (61, "1 h 1 min"), (6000, "100 h")]
)
def test_opening_time_is_said_as_people_say_it(minutes, said):
    assert duration(minutes) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(2, 4, ""), (2, 5, "40%"), (0, 0, ""), (0, 9, "0%"), (9, 9, "100%"), (1, 300, "under 1%"), (299, 300, "over 99%")],
)
def test_no_percentage_is_told_of_fewer_than_five_nor_one_that_is_wrong(part, whole, said):
    assert share(part, whole) == said


# Outcomes, sources, what was set aside ------------------------------------------------------------


def test_outcomes_are_where_requests_stand_by_now():
    now = local("2026-11-10T10:00")
    steps = {
        "waiting": [],
        "left": ["left_message"],
        "in_touch": ["reached"],
        "booked": ["reached", "booked"],
        "not_a_fit": ["not_a_fit"],
        "taken up again": ["wrong_number", "reopened"],
        "ended twice": ["duplicate", "reopened", "wrong_number"],
    }
    for kinds in steps.values():
        request = ask("2026-11-03T12:00")
        for number, kind in enumerate(kinds):
            note_outcome(request=request, kind=kind, actor=None, now=now + timedelta(minutes=number))
    closed = ask("2026-11-03T12:00", stage="closed", finished_at=now)
    Activity.objects.create(request=closed, kind="note", at=now)
    later = ask("2026-11-30T12:00")
    note_outcome(request=later, kind="duplicate", actor=None, now=local("2026-12-01T10:00"))
    assert reports.outcomes(count_weeks(period=period("2026-11-02", "2026-11-08"))) == {
        "waiting": 3,
        "in_touch": 1,
        "booked": 1,
        "not_a_fit": 1,
        "wrong_number": 1,
        "duplicate": 0,
        "other": 1,
    }


def test_kinds_of_pages_are_counted():
    for source in ("home", "article", "article", "consult"):
        ask("2026-11-03T12:00", source=source)
    ask("2026-11-03T12:00", source="article", spam_state="quarantined")
    found = reports.sources(count_weeks(period=period("2026-11-02", "2026-11-08")))
    assert found == {"home": 1, "article": 2, "location": 0, "consult": 1}


def test_what_was_ever_set_aside_counts_whatever_became_of_it():
    ask("2026-11-03T12:00")
    ask("2026-11-03T12:00", is_test=True)
    for judge in (None, release, confirm_spam, confirm_spam):
        request = make_quarantined_request(now=local("2026-11-04T12:00"), name=f"Person {ask.number} {judge}")
        ConsultRequest.objects.filter(pk=request.pk).update(fingerprint=f"other-{request.pk}")
        if judge:
            judge(request=request, actor=None, now=local("2026-11-20T12:00"))
    ask("2026-11-10T12:00")
    weeks = reports.set_aside(count_weeks(period=period("2026-11-02", "2026-11-15")))
    assert weeks[date(2026, 11, 2)] == reports.SetAside(received=5, waiting=1, confirmed=2, released=1)
    assert (weeks[date(2026, 11, 2)].set_aside, weeks[date(2026, 11, 2)].let_through) == (4, 1)
    assert weeks[date(2026, 11, 9)] == reports.SetAside(received=1)


# Articles -----------------------------------------------------------------------------------------


def count_source(day: str, path: str, requests: int) -> None:
    SourceCount.objects.create(day=day, path=path, requests=requests)


def test_articles_are_counted_by_whole_months_and_small_counts_are_not_told():
    count_source("2026-08-31", "/articles/x/", 50)
    count_source("2026-09-01", "/articles/x/", 1)
    count_source("2026-09-30", "/articles/x/", 2)
    count_source("2026-10-15", "/articles/x/", 2)
    count_source("2026-09-10", "/articles/y/", 1)
    count_source("2026-09-10", "/consult/", 9)
    # The period has one day of September; the whole month is counted.
    found = reports.article_months(period=period("2026-09-30", "2026-11-10"), now=local("2026-11-10T12:00"))
    assert [(article.path, article.months, article.shown) for article in found] == [
        ("/articles/x/", {date(2026, 9, 1): 3, date(2026, 10, 1): None}, 3),
        ("/articles/y/", {date(2026, 9, 1): None}, 0),
    ]


def test_a_month_that_still_runs_is_left_out_until_its_last_midnight():
    count_source("2028-02-29", "/articles/x/", 4)
    days = period("2028-02-01", "2028-02-29")
    assert reports.article_months(period=days, now=local("2028-02-29T23:59:59")) == []
    (found,) = reports.article_months(period=days, now=local("2028-03-01T00:00"))
    assert found.months == {date(2028, 2, 1): 4}


def test_sums_of_articles_tell_nothing_that_its_months_do_not():
    """Two sums, of periods that differ by one small month, must not differ by its count."""
    count_source("2026-09-10", "/articles/x/", 7)
    count_source("2026-10-10", "/articles/x/", 2)
    now = local("2026-11-10T12:00")
    sums = [
        reports.article_months(period=period("2026-09-01", last), now=now)[0].shown
        for last in ("2026-09-30", "2026-10-31")
    ]
    assert sums == [7, 7]


# The database -------------------------------------------------------------------------------------


def test_the_database_is_asked_as_often_for_three_as_for_three_thousand():
    days, now = period("2026-09-07", "2026-11-26"), datetime(2026, 11, 26, 15, tzinfo=UTC)
    first = ask("2026-11-03T12:00")
    fields = [field.attname for field in ConsultRequest._meta.concrete_fields if field.attname != "id"]
    kept = {name: getattr(first, name) for name in fields}
    counts = []
    for number in (3, 3000):
        ConsultRequest.objects.bulk_create(
            ConsultRequest(
                **{
                    **kept,
                    "reference": f"{'A' if number == 3 else 'B'}{place:07}",
                    "fingerprint": f"{number}-{place}",
                    "asked_at": first.asked_at + timedelta(minutes=place),
                    "last_asked_at": first.asked_at + timedelta(days=9),
                }
            )
            for place in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            weeks = count_weeks(period=days)
            found = [
                sum(times.asked for week in reports.contact_times(weeks).values() for times in week.values()),
                sum(reports.outcomes(weeks).values()),
                sum(reports.sources(weeks).values()),
                sum(map(sum, reports.hours_of_week(weeks))),
                sum(week.received for week in reports.set_aside(weeks).values()),
            ]
            reports.article_months(period=days, now=now)
        counts.append(len(queries))
    assert found == [3004] * 5
    assert counts == [counts[0]] * 2
    assert counts[0] <= 7
