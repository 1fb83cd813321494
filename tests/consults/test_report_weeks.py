"""What the reports keep counted is what the requests themselves say, whatever happens to them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from consults import report_marks, report_weeks
from consults.models import Activity, Consent, ConsultRequest, ReportMark, ReportWeek
from consults.periods import Period
from consults.pipeline import NotPossible, confirm_spam, note_outcome, release
from consults.report_weeks import count_weeks, keep_weeks
from consults.retention import delete_some, expire
from tests.factories.consults import make_quarantined_request, make_request
from tests.factories.locations import make_location

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
PERIODS = [
    Period(first=first.date(), last=last.date(), zone=CHICAGO)
    for first, last in [
        (NOW - timedelta(days=400), NOW),
        (NOW - timedelta(days=52), NOW - timedelta(days=3)),  # in part at both ends
        (datetime(2026, 11, 2), datetime(2026, 11, 8)),  # one whole week
    ]
]


def from_the_requests(period: Period, clinics=None) -> report_weeks.Weeks:
    """What the figures were before anything was kept."""
    return report_weeks._count(period, clinics)


def plain(weeks: report_weeks.Weeks) -> dict:
    """The figures, without the order in which rows came."""
    return {
        week: {clinic: (tally.counts, tally.minutes, sorted(tally.hours)) for clinic, tally in tallies.items()}
        for week, tallies in weeks.items()
    }


def require_equal(clinics: list) -> None:
    for period in PERIODS:
        assert plain(count_weeks(period=period)) == plain(from_the_requests(period))
    for some in (clinics[:1], [None], []):
        assert plain(count_weeks(period=PERIODS[0], clinics=some)) == plain(from_the_requests(PERIODS[0], some))


STEPS = ["ask", "ask spam", "outcome", "release", "confirm", "erase", "expire", "move", "asked earlier", "end again",
         "forget an end", "delete", "test", "keep"]  # fmt: skip
STEP = st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 60), st.sampled_from(Activity.Kind.values))


class AnySequence(TestCase):
    """After each step, with weeks kept at any time between, each report is what the rows say."""

    @settings(max_examples=25)
    @given(st.lists(STEP, max_size=14))
    @example([("ask", 0, 20, "note"), ("keep", 0, 0, "note"), ("outcome", 0, 2, "not_a_fit"), ("keep", 0, 0, "note")])
    @example([("ask", 0, 20, "note"), ("outcome", 0, 2, "duplicate"), ("keep", 0, 0, "note"), ("end again", 0, 0, "x")])
    @example([("ask", 1, 30, "note"), ("keep", 0, 0, "note"), ("erase", 0, 0, "note")])
    @example([("ask spam", 1, 45, "note"), ("keep", 0, 0, "note"), ("expire", 0, 0, "note")])
    def test_kept_figures_are_those_of_the_requests(self, steps):
        self.clinics = [make_location(name="Birmingham").pk, make_location(name="Auburn").pk]
        for number, (step, which, days, kind) in enumerate(steps):
            self.number = number
            with transaction.atomic():
                self.take(step, which, NOW - timedelta(days=days, hours=which), kind)
            require_equal(self.clinics)

    def take(self, step, which, at, kind):
        if step in ("ask", "ask spam"):
            make = make_request if step == "ask" else make_quarantined_request
            asked = make(now=at, name=f"Person {self.number}", phone=f"205-555-01{self.number:02}")
            ConsultRequest.objects.filter(pk=asked.pk).update(location=[None, *self.clinics][which % 3])
            return
        if step == "keep":
            return keep_weeks(now=NOW)
        if step == "expire":
            return expire(now=NOW)
        requests = list(ConsultRequest.objects.order_by("pk"))
        if not requests:
            return
        request = requests[which % len(requests)]
        rows = ConsultRequest.objects.filter(pk=request.pk)
        try:
            if step == "outcome":
                note_outcome(request=request, kind=kind, actor=None, now=max(at, request.asked_at))
            elif step == "release":
                release(request=request, actor=None, now=NOW)
            elif step == "confirm":
                confirm_spam(request=request, actor=None, now=NOW)
            elif step == "erase":
                delete_some(rows, action="request-erased", now=NOW)
            elif step == "move":
                rows.update(location=self.clinics[which % 2], source="article")
            elif step == "asked earlier":
                rows.update(asked_at=request.asked_at - timedelta(days=which))
            elif step == "end again":
                Activity.objects.create(request=request, kind="wrong_number", at=NOW)
            elif step == "forget an end":
                Activity.objects.filter(request=request, kind__in=report_weeks.ENDS).delete()
            elif step == "delete":
                Activity.objects.filter(request=request).delete()
                Consent.objects.filter(request=request).delete()
                rows.delete()
            elif step == "test":
                rows.update(is_test=True)
        except NotPossible:
            pass


# How it is kept -----------------------------------------------------------------------------------

WEEK = PERIODS[2]
DURING = datetime(2026, 11, 4, 18, tzinfo=UTC)


@pytest.fixture
def kept(db) -> ConsultRequest:
    """A request of a week that is over and kept."""
    request = make_request(now=DURING)
    keep_weeks(now=NOW)
    assert not ReportMark.objects.exists()
    return request


def reads_requests(period: Period) -> bool:
    with CaptureQueriesContext(connection) as queries:
        count_weeks(period=period)
    return any(ConsultRequest._meta.db_table in query["sql"] for query in queries)


def test_a_kept_week_is_read_without_its_requests_and_the_running_week_with_them(kept):
    assert not reads_requests(WEEK)
    assert reads_requests(Period(first=WEEK.first, last=NOW.date(), zone=CHICAGO))
    assert reads_requests(Period(first=WEEK.first, last=WEEK.last - timedelta(days=1), zone=CHICAGO))
    assert reads_requests(Period(first=WEEK.first, last=WEEK.last, zone=ZoneInfo("UTC")))


CHANGES = {
    "stage": {"stage": "closed", "finished_at": NOW},
    "contact": {"first_contact_at": NOW},
    "minutes": {"answered_minutes": 3},
    "source": {"source": "home"},
    "spam": {"spam_state": "confirmed"},
    "test": {"is_test": True},
    "moment": {"asked_at": DURING - timedelta(days=9)},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_the_figures_count_by_marks_the_week_and_the_job_counts_it_again(kept, change):
    ConsultRequest.objects.update(**change)
    assert reads_requests(WEEK)
    keep_weeks(now=NOW)
    assert not reads_requests(WEEK)
    assert not ReportMark.objects.exists()


def test_what_the_figures_do_not_count_leaves_the_week_alone(kept):
    ConsultRequest.objects.update(next_action_at=NOW, reminded_at=NOW, last_asked_at=NOW)
    Activity.objects.create(request=kept, kind="note", at=NOW)
    assert not ReportMark.objects.exists()


def test_a_change_that_is_taken_back_leaves_no_mark(kept):
    with transaction.atomic():
        ConsultRequest.objects.update(source="home")
        assert ReportMark.objects.exists()
        transaction.set_rollback(True)
    assert not ReportMark.objects.exists()


def test_figures_that_count_something_else_are_counted_anew(kept, monkeypatch):
    monkeypatch.setattr(report_weeks, "COLUMNS", [*report_weeks.COLUMNS, "something new"])
    assert reads_requests(WEEK)
    keep_weeks(now=NOW)
    assert not reads_requests(WEEK)


def test_the_job_keeps_no_week_that_runs_or_has_nothing_left(kept):
    make_request(now=NOW, name="Somebody else")
    keep_weeks(now=NOW)
    starts = ReportWeek.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [f"{at.astimezone(CHICAGO):%F %R}" for at in starts] == [
        "2026-11-02 00:00", "2026-11-09 00:00", "2026-11-16 00:00",
    ]  # fmt: skip
    delete_some(ConsultRequest.objects.all(), action="request-expired", now=NOW)
    keep_weeks(now=NOW)
    assert not ReportWeek.objects.exists()
    assert not ReportMark.objects.exists()


def test_one_run_counts_so_many_weeks_and_the_next_goes_on(kept, monkeypatch):
    ReportWeek.objects.all().delete()
    monkeypatch.setattr(report_weeks, "WEEKS_AT_ONCE", 2)
    counts = []
    for _ in range(3):
        keep_weeks(now=NOW)
        counts.append(ReportWeek.objects.count())
    assert counts == [2, 3, 3]


def test_a_trigger_that_was_lacking_makes_everything_be_counted_anew(kept):
    report_marks.install(connection)
    assert ReportWeek.objects.count() == 3
    table = "" if connection.vendor == "sqlite" else f" ON {report_marks.REQUESTS}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER report_changed{table}")
    ConsultRequest.objects.update(source="home")
    assert not ReportMark.objects.exists()
    report_marks.install(connection)
    assert not ReportWeek.objects.exists()
    keep_weeks(now=NOW)
    ConsultRequest.objects.update(source="article")
    assert ReportMark.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_ends_after_the_count_still_marks_the_week(monkeypatch):
    """A desk's transaction is open while the worker counts: the count is without it, and is not trusted."""
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time")
    from threading import Event, Thread

    make_request(now=DURING)
    changed, counted = Event(), Event()

    def work():
        try:
            with transaction.atomic():
                ConsultRequest.objects.update(source="home")
                changed.set()
                assert counted.wait(10)
        finally:
            connection.close()

    desk = Thread(target=work)
    desk.start()
    assert changed.wait(10)
    keep_weeks(now=NOW)
    assert not reads_requests(WEEK)
    counted.set()
    desk.join()
    assert reads_requests(WEEK)
    assert plain(count_weeks(period=WEEK)) == plain(from_the_requests(WEEK))
