"""Any hours, any closures, any night: opening_state against a doorman who looks at the clock each minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from locations.models import Closure, Hours
from locations.opening import opening_state

CENTRAL = ZoneInfo("America/Chicago")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHANGE_DAYS = [date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)]

# Round hours make stretches touch; any minute makes them begin inside a jump.
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 0, 0, 30])) | st.builds(
    time, st.integers(0, 23), st.integers(0, 59)
)
small_hours = st.builds(time, st.integers(0, 3), st.integers(0, 59))
some_time = clock_times | small_hours
stretches = st.builds(Hours, weekday=st.integers(0, 6), opens=some_time, closes=some_time).filter(
    lambda row: row.opens != row.closes
)
near_changes = st.builds(lambda day, n: day + n * DAY, st.sampled_from(CHANGE_DAYS), st.integers(-2, 1))
some_day = near_changes | st.dates(date(2026, 1, 1), date(2027, 12, 1))


@st.composite
def cases(draw) -> tuple[list[Hours], list[Closure], datetime]:
    now = datetime.combine(draw(some_day), time(), tzinfo=UTC) + draw(st.integers(0, 1439)) * MINUTE
    first = st.integers(-3, 9)
    closures = [
        Closure(starts_on=now.date() + start * DAY, ends_on=now.date() + (start + length) * DAY, reason="x")
        for start, length in draw(st.lists(st.tuples(first, st.integers(0, 2)), max_size=3))
    ]
    return draw(st.lists(stretches, min_size=1, max_size=9)), closures, now


class Doorman:
    """Opens and shuts by the wall clock alone.

    At each minute he acts on everything that the clock has reached by now; a clock that is put
    back does not make him undo it.
    """

    def __init__(self, hours: list[Hours], closures: list[Closure], start: datetime) -> None:
        self.hours, self.closures = hours, closures
        self.moment = start - 2 * DAY
        self.reached = datetime(1, 1, 1)
        while self.moment < start:
            self.step()

    def step(self) -> bool:
        """Look at the clock; say whether the door is open in this minute; wait for the next."""
        self.reached = max(self.reached, self.moment.astimezone(CENTRAL).replace(tzinfo=None))
        self.moment += MINUTE
        return any(self.lets_in(row, self.reached.date() - back * DAY) for row in self.hours for back in (0, 1))

    def lets_in(self, row: Hours, day: date) -> bool:
        if day.weekday() != row.weekday or any(c.starts_on <= day <= c.ends_on for c in self.closures):
            return False
        opens, closes = datetime.combine(day, row.opens), datetime.combine(day, row.closes)
        if closes < opens:
            closes += DAY
        return opens <= self.reached < closes


@given(cases())
@example(([Hours(weekday=6, opens=time(2, 30), closes=time(2, 50))], [], datetime(2026, 3, 8, 7, 0, tzinfo=UTC)))
@example(([Hours(weekday=6, opens=time(1, 30), closes=time(1, 45))], [], datetime(2026, 11, 1, 7, 35, tzinfo=UTC)))
@example(([Hours(weekday=5, opens=time(22), closes=time(2, 30))], [], datetime(2026, 3, 8, 7, 59, tzinfo=UTC)))
def test_it_agrees_with_a_doorman_and_changes_when_he_first_acts(case):
    hours, closures, now = case
    found = opening_state(hours=hours, closures=closures, now=now, tz=CENTRAL)
    doorman = Doorman(hours, closures, now)
    assert found.is_open == doorman.step()
    horizon = now + 2 * DAY
    while doorman.moment < min(found.changes_at or horizon, horizon):
        assert doorman.step() == found.is_open
    if found.changes_at and found.changes_at <= horizon:
        assert found.changes_at == doorman.moment
        assert doorman.step() != found.is_open


@given(cases())
def test_the_state_and_the_next_change_fit_together(case):
    hours, closures, now = case
    found = opening_state(hours=hours, closures=closures, now=now, tz=CENTRAL)
    assert now < found.true_until <= now + timedelta(hours=25)
    if found.changes_at:
        before = opening_state(hours=hours, closures=closures, now=found.changes_at - MINUTE / 60, tz=CENTRAL)
        after = opening_state(hours=hours, closures=closures, now=found.changes_at, tz=CENTRAL)
        assert (before.is_open, after.is_open) == (found.is_open, not found.is_open)
        assert before.changes_at == found.changes_at
    last = found.true_until - timedelta(microseconds=1)
    assert opening_state(hours=hours, closures=closures, now=last, tz=CENTRAL) == found
