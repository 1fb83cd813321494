import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connections

from clinic_site.core.jobs import DailyJob, FrequentJob, WeeklyJob, do_idle_work, forget_old_runs, run_due_jobs
from clinic_site.core.models import JobRun

pytestmark = pytest.mark.django_db

SEVEN_THIRTY = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)  # in Alabama, in summer


class Counter:
    def __init__(self, fault=None):
        self.times, self.fault = [], fault

    def __call__(self, *, now):
        self.times.append(now)
        if self.fault:
            raise self.fault


def test_a_job_runs_once_a_day_after_its_hour():
    count = Counter()
    jobs = [DailyJob("digest", count, not_before=time(7, 30))]
    for minutes in (-61, -1, 0, 1, 600, 23 * 60 + 59, 24 * 60):
        run_due_jobs(jobs, now=SEVEN_THIRTY + timedelta(minutes=minutes))
    assert count.times == [SEVEN_THIRTY, SEVEN_THIRTY + timedelta(days=1)]
    assert list(JobRun.objects.order_by("period").values_list("period", flat=True)) == ["2026-07-01", "2026-07-02"]


def test_a_job_that_fails_does_not_stop_the_others_and_leaves_no_words_behind():
    bad, good = Counter(ValueError("Dana Whitfield")), Counter()
    run_due_jobs(
        [DailyJob("bad", bad, not_before=time(0)), DailyJob("good", good, not_before=time(0))], now=SEVEN_THIRTY
    )
    assert len(good.times) == 1
    assert JobRun.objects.get(name="bad").error == "ValueError"


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, 14, tzinfo=UTC), datetime(2026, 11, 1, 15, tzinfo=UTC)])
def test_days_on_which_clocks_change_have_one_run(day):
    count = Counter()
    for hour in range(14):
        run_due_jobs([DailyJob("digest", count, not_before=time(1, 30))], now=day + timedelta(hours=hour - 8))
    assert len(count.times) == 1


def test_a_weekly_job_runs_once_a_week_from_its_day_on():
    count = Counter()
    wednesday = WeeklyJob("letter", count, weekday=2, not_before=time(7, 30))  # 2026-07-01 is one
    for hours in (-48, -24, -1, 0, 1, 24, 4 * 24, 6 * 24, 7 * 24 - 1, 7 * 24):
        run_due_jobs([wednesday], now=SEVEN_THIRTY + timedelta(hours=hours))
    assert count.times == [SEVEN_THIRTY, SEVEN_THIRTY + timedelta(days=7)]
    assert list(JobRun.objects.order_by("period").values_list("period", flat=True)) == ["2026-W27", "2026-W28"]


def test_a_weekly_job_whose_day_was_missed_runs_later_in_the_week():
    count = Counter()
    monday = WeeklyJob("letter", count, weekday=0, not_before=time(7, 30))
    run_due_jobs([monday], now=SEVEN_THIRTY + timedelta(days=4))  # Sunday
    run_due_jobs([monday], now=SEVEN_THIRTY + timedelta(days=5, hours=-1))
    assert len(count.times) == 1


def test_a_week_around_new_year_is_one_week():
    count = Counter()
    monday = WeeklyJob("letter", count, weekday=0, not_before=time(0))
    for day in range(7):  # Monday, December 28, 2026, to Sunday, January 3, 2027
        run_due_jobs([monday], now=datetime(2026, 12, 28, 15, tzinfo=UTC) + timedelta(days=day))
    assert len(count.times) == 1
    assert JobRun.objects.get().period == "2026-W53"


def test_a_frequent_job_runs_once_in_each_five_minutes():
    count = Counter()
    jobs = [FrequentJob("watch", count, every=timedelta(minutes=5))]
    for seconds in (0, 1, 299, 300, 301, 599, 1500):
        run_due_jobs(jobs, now=SEVEN_THIRTY + timedelta(seconds=seconds))
    assert count.times == [SEVEN_THIRTY + timedelta(seconds=seconds) for seconds in (0, 300, 1500)]
    periods = list(JobRun.objects.order_by("pk").values_list("period", flat=True))
    assert periods == ["2026-07-01T12:30Z", "2026-07-01T12:35Z", "2026-07-01T12:55Z"]


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)])
def test_a_frequent_job_misses_and_doubles_nothing_while_clocks_change(day):
    count = Counter()
    jobs = [FrequentJob("watch", count, every=timedelta(minutes=5))]
    for minute in range(4 * 60):
        run_due_jobs(jobs, now=day + timedelta(minutes=minute))
    assert count.times == [day + timedelta(minutes=minute) for minute in range(0, 4 * 60, 5)]


def test_to_see_that_nothing_is_due_is_one_question_however_many_jobs_there_are(django_assert_num_queries):
    count = Counter()
    jobs = [DailyJob(f"daily{number}", count, not_before=time(0)) for number in range(20)]
    jobs += [FrequentJob(f"often{number}", count, every=timedelta(minutes=5)) for number in range(20)]
    run_due_jobs(jobs, now=SEVEN_THIRTY)
    with django_assert_num_queries(1):
        run_due_jobs(jobs, now=SEVEN_THIRTY)
    assert len(count.times) == 40


def test_old_runs_are_forgotten_but_for_the_last_good_one_of_each_job():
    def ran(name, days_ago, **fields):
        at = SEVEN_THIRTY - timedelta(days=days_ago)
        JobRun.objects.create(name=name, period=f"{days_ago}", started_at=at, **{"finished_at": at, **fields})

    for days_ago in (30, 20, 13):
        ran("digest", days_ago)
        ran("backup", days_ago, error="" if days_ago == 30 else "OSError")
    ran("watch", 15, finished_at=None)
    forget_old_runs(now=SEVEN_THIRTY)
    assert set(JobRun.objects.values_list("name", "period")) == {("digest", "13"), ("backup", "30"), ("backup", "13")}


def test_idle_work_that_fails_does_not_stop_the_rest():
    bad, good = Counter(ValueError("Dana Whitfield")), Counter()
    do_idle_work([bad, good], now=SEVEN_THIRTY)
    assert good.times == [SEVEN_THIRTY]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_exactly_one_runs_a_job():
    count, start, faults = Counter(), threading.Barrier(6), []

    def work():
        try:
            start.wait()
            run_due_jobs([DailyJob("digest", count, not_before=time(0))], now=SEVEN_THIRTY)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert len(count.times) == 1
