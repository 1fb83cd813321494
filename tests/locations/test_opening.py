"""Open or closed at moments that matter. Times named "local" are what a clock in Alabama shows."""

import os
import time as process_time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from locations.opening import hours_table, opening_state
from tests.factories.locations import FRI, MON, SAT, SUN, THU, TUE, WED, WEEKDAYS, closure, hours

CENTRAL = ZoneInfo("America/Chicago")
NINE_TO_FIVE = hours("09:00-17:00")
LUNCH = hours("09:00-12:00", "13:00-17:00")
LATE = hours("20:00-02:00", days=(FRI, SAT))
SPRING, AUTUMN = "2026-03-08", "2026-11-01"  # the Sundays on which clocks change


def at(text: str) -> datetime:
    """A moment, given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL, fold=fold).astimezone(UTC)


def state(rows, now, closures=()):
    return opening_state(hours=rows, closures=closures, now=now, tz=CENTRAL)


def said(rows, now, closures=()) -> str:
    found = state(rows, now, closures)
    return f"{'open' if found.is_open else 'closed'}: {found.sentence}"


@pytest.fixture
def server_in_utc(monkeypatch):
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "UTC")
    process_time.tzset()
    yield
    if before is None:
        monkeypatch.delenv("TZ")
    else:
        monkeypatch.setenv("TZ", before)
    process_time.tzset()


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-01-06T22:30", True),
        ("2026-07-07T22:30", False),
        ("2026-07-07T13:59:59", False),
        ("2026-07-07T14:00", True),
        ("2026-07-07T21:59:59.999999", True),
        ("2026-07-07T22:00:00", False),
        ("2026-03-09T14:00", True),
    ],
)
@pytest.mark.usefixtures("server_in_utc")
def test_a24_open_now_follows_the_clock_in_alabama_whatever_the_server_thinks(now, is_open):
    assert state(NINE_TO_FIVE, at(now)).is_open is is_open


@pytest.mark.usefixtures("server_in_utc")
def test_a24_today_is_still_tuesday_in_alabama_when_it_is_wednesday_in_greenwich():
    assert state(NINE_TO_FIVE, at("2026-07-08T02:00")).today == TUE
    rows = hours_table(hours("09:00-17:00", days=(MON, WED)) + hours("10:00-16:00", days=(TUE,)), today=TUE)
    assert [row.days for row in rows if row.is_today] == ["Tuesday"]


def test_the_zone_in_which_the_moment_is_given_makes_no_difference():
    moment = at("2026-01-06T22:30")
    states = {state(NINE_TO_FIVE, moment.astimezone(ZoneInfo(zone))) for zone in ("Asia/Tokyo", "America/Chicago")}
    assert states == {state(NINE_TO_FIVE, moment)}


def test_without_hours_nothing_is_said():
    assert state([], at("2026-07-07T14:00"), [closure("2026-07-07")]) is None


@pytest.mark.parametrize(
    ("rows", "now", "sentence"),
    [
        (NINE_TO_FIVE, "2026-07-07 10:00", "open: closes at 5 pm"),
        (NINE_TO_FIVE, "2026-07-07 07:00", "closed: opens at 9 am"),
        (NINE_TO_FIVE, "2026-07-07 17:00", "closed: opens Wednesday at 9 am"),
        (NINE_TO_FIVE, "2026-07-10 18:00", "closed: opens Monday at 9 am"),
        (LUNCH, "2026-07-07 11:59", "open: closes at noon"),
        (LUNCH, "2026-07-07 12:00", "closed: opens at 1 pm"),
        (LUNCH, "2026-07-07 13:00", "open: closes at 5 pm"),
        (hours("12:00-17:30", "08:30-12:00"), "2026-07-07 10:00", "open: closes at 5:30 pm"),
        (hours("09:00-13:00", "12:00-15:00"), "2026-07-07 10:00", "open: closes at 3 pm"),
        (LATE, "2026-07-10 21:00", "open: closes Saturday at 2 am"),
        (LATE, "2026-07-11 01:59", "open: closes at 2 am"),
        (LATE, "2026-07-11 02:00", "closed: opens at 8 pm"),
        (LATE, "2026-07-13 01:00", "closed: opens Friday at 8 pm"),
        (hours("20:00-00:00"), "2026-07-07 21:00", "open: closes at midnight"),
        (hours("20:00-00:00") + hours("00:00-02:00"), "2026-07-07 21:00", "open: closes Wednesday at 2 am"),
        (hours("09:00-17:00", days=(MON,)), "2026-07-06 17:00", "closed: opens Monday, July 13, at 9 am"),
        (hours("00:00-12:00", "12:00-00:00", days=range(7)), "2026-07-07 21:00", "open: day and night"),
    ],
)
def test_the_sentence_says_when_it_changes_next(rows, now, sentence):
    assert said(rows, local(now)) == sentence


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("2026-11-25 12:00", "open: closes at 5 pm"),
        ("2026-11-25 18:00", "closed: opens Friday at 9 am"),
        ("2026-11-26 12:00", "closed: closed today for Thanksgiving, opens Friday at 9 am"),
        ("2026-11-27 12:00", "open: closes at 5 pm"),
    ],
)
def test_a_closure_is_told_and_looked_beyond(now, sentence):
    assert said(NINE_TO_FIVE, local(now), [closure("2026-11-26")]) == sentence


def test_a_long_closure_gives_the_date():
    break_ = closure("2026-12-24", "2027-01-03", reason="winter break")
    expected = "closed: closed today for winter break, opens Monday, January 4, at 9 am"
    assert said(NINE_TO_FIVE, local("2026-12-24 12:00"), [break_]) == expected


def test_a_closure_with_no_end_in_sight_promises_nothing():
    closures = [closure("2026-07-07", "2027-07-01", reason="repairs"), closure("2027-07-02", "2028-07-01")]
    found = state(NINE_TO_FIVE, local("2026-07-07 12:00"), closures)
    assert (found.sentence, found.changes_at) == ("closed today for repairs", None)
    assert said(NINE_TO_FIVE, local("2026-07-06 18:00"), closures) == "closed: closed until further notice"


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        # The evening before runs to its end; the closed day's evening does not begin.
        ("2026-07-11 01:00", "open: closes at 2 am"),
        ("2026-07-11 21:00", "closed: closed today for Thanksgiving, opens Friday at 8 pm"),
        ("2026-07-12 01:00", "closed: opens Friday at 8 pm"),
    ],
)
def test_a_closure_takes_the_stretches_that_start_on_its_days(now, sentence):
    assert said(LATE, local(now), [closure("2026-07-11")]) == sentence


# Days on which the clocks change -------------------------------------------------------------


def test_nine_is_nine_on_both_sides_of_each_change():
    every_day = hours("09:00-17:00", days=range(7))
    for day, utc_hour in {"2026-03-07": 15, SPRING: 14, "2026-10-31": 14, AUTUMN: 15}.items():
        opens = at(f"{day}T{utc_hour}:00")
        assert not state(every_day, opens - timedelta(seconds=1)).is_open
        assert state(every_day, opens).is_open
        assert state(every_day, opens - timedelta(hours=3)).changes_at == opens


@pytest.mark.parametrize("opens", ["02:00", "02:30", "02:59", "03:00"])
def test_an_hour_that_clocks_skip_begins_when_they_have_skipped_it(opens):
    rows = hours(f"{opens}-05:00", days=(SUN,))
    jump = at(f"{SPRING}T08:00")
    before = state(rows, jump - timedelta(seconds=1))
    assert (before.is_open, before.changes_at, before.sentence) == (False, jump, "opens at 3 am")
    assert state(rows, jump).is_open


def test_a_stretch_that_ends_in_the_skipped_hour_ends_at_the_jump():
    found = state(hours("01:00-02:30", days=(SUN,)), at(f"{SPRING}T07:59"))
    assert (found.is_open, found.changes_at) == (True, at(f"{SPRING}T08:00"))


def test_a_stretch_inside_the_skipped_hour_does_not_happen():
    rows = hours("02:10-02:50", days=(SUN,))
    assert state(rows, at(f"{SPRING}T07:00")).changes_at == local("2026-03-15 02:10")


@pytest.mark.parametrize(
    ("stretch", "start", "end"),
    [
        ("01:30-05:00", "06:30", "11:00"),  # opens at the first 1:30 and stays open through the second
        ("00:00-01:30", "05:00", "06:30"),  # closes at the first 1:30
        ("00:00-02:00", "05:00", "08:00"),  # the repeated hour is open too
    ],
)
def test_an_hour_that_comes_twice_counts_when_it_first_comes(stretch, start, end):
    rows = hours(stretch, days=(SUN,))
    start, end = at(f"{AUTUMN}T{start}"), at(f"{AUTUMN}T{end}")
    assert state(rows, start - timedelta(minutes=1)).changes_at == start
    minutes = int((end - start).total_seconds() // 60)
    assert all(state(rows, start + timedelta(minutes=n)).is_open for n in range(0, minutes, 15))
    assert state(rows, start).changes_at == end
    assert not state(rows, end).is_open


def test_late_hours_over_the_night_that_is_an_hour_longer():
    found = state(hours("20:00-02:00", days=(SAT,)), local("2026-10-31 20:00"))
    assert found.changes_at - local("2026-10-31 20:00") == timedelta(hours=7)


# How long it stays true ----------------------------------------------------------------------


def test_what_is_said_stays_true_until_the_change_or_midnight():
    noon, evening = state(NINE_TO_FIVE, local("2026-07-07 12:00")), state(NINE_TO_FIVE, local("2026-07-07 18:00"))
    assert noon.true_until == noon.changes_at == local("2026-07-07 17:00")
    assert evening.true_until == local("2026-07-08 00:00")
    assert evening.changes_at == local("2026-07-08 09:00")


# The table of hours --------------------------------------------------------------------------


def table(rows, today=MON):
    return [(row.days, row.times) for row in hours_table(rows, today=today)]


def test_days_that_are_alike_share_a_line():
    rows = hours("09:00-17:00", days=(MON, TUE, WED, THU)) + hours("09:00-15:00", days=(FRI,))
    assert table(rows) == [
        ("Monday to Thursday", "9 am – 5 pm"),
        ("Friday", "9 am – 3 pm"),
        ("Saturday and Sunday", "Closed"),
    ]


def test_only_consecutive_days_share_a_line():
    assert [days for days, _ in table(hours("09:00-17:00", days=(MON, WED)))] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday to Sunday",
    ]


@pytest.mark.parametrize(
    ("stretches", "times"),
    [
        (["13:00-17:00", "09:00-12:00"], "9 am – noon, 1 pm – 5 pm"),
        (["09:00-12:00", "12:00-17:00"], "9 am – 5 pm"),
        (["09:00-17:00", "10:00-11:00"], "9 am – 5 pm"),
        (["20:00-02:00"], "8 pm – 2 am"),
        (["09:00-17:00", "20:00-00:00"], "9 am – 5 pm, 8 pm – midnight"),
    ],
)
def test_the_stretches_of_a_day(stretches, times):
    assert table(hours(*stretches, days=range(7))) == [("Monday to Sunday", times)]


def test_one_line_is_marked_as_today():
    for today in range(7):
        marked = [row.days for row in hours_table(NINE_TO_FIVE, today=today) if row.is_today]
        assert marked == ["Monday to Friday" if today in WEEKDAYS else "Saturday and Sunday"]


def test_without_hours_there_is_no_table():
    assert hours_table([], today=MON) == []
