"""What a page loads of its clinics."""

from datetime import UTC, datetime, timedelta

import pytest

from locations.models import Location
from locations.opening import next_change, with_opening
from tests.factories.locations import SAT, make_closure, make_hours, make_location

pytestmark = pytest.mark.django_db

TUESDAY_NOON = datetime(2026, 7, 7, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("clinics", [1, 3])
def test_hours_and_closures_of_any_number_of_clinics_take_two_queries(clinics, django_assert_num_queries):
    for number in range(clinics):
        location = make_location(name=f"Clinic {number}")
        make_hours(location)
        make_closure("2026-07-20", location=location)
    locations = list(Location.objects.active())
    with django_assert_num_queries(2):
        for location in with_opening(locations, now=TUESDAY_NOON):
            assert location.opening.is_open
            assert len(location.upcoming_closures) == 1
            assert len(location.hours.all()) == 5


def test_clinics_keep_their_order_and_their_own_hours():
    birmingham, auburn = make_location(position=2), make_location(name="Auburn", position=1)
    make_hours(birmingham)
    make_hours(auburn, "10:00-14:00", days=(SAT,))
    found = with_opening(Location.objects.active(), now=TUESDAY_NOON)
    assert [(location.name, location.opening.sentence) for location in found] == [
        ("Auburn", "opens Saturday at 10 am"),
        ("Birmingham", "closes at 5 pm"),
    ]


def test_a_closure_without_a_clinic_closes_them_all_and_one_with_a_clinic_only_that_one():
    birmingham, auburn = make_location(), make_location(name="Auburn")
    for location in (birmingham, auburn):
        make_hours(location)
    make_closure("2026-07-07", reason="repairs", location=auburn)
    found = {
        location.name: location.opening.is_open for location in with_opening([birmingham, auburn], now=TUESDAY_NOON)
    }
    assert found == {"Birmingham": True, "Auburn": False}
    make_closure("2026-07-07")
    assert not any(location.opening.is_open for location in with_opening([birmingham, auburn], now=TUESDAY_NOON))


def test_yesterdays_closure_still_counts_after_midnight():
    location = make_location()
    make_hours(location, "20:00-02:00")
    one_in_the_morning = datetime(2026, 7, 8, 6, 0, tzinfo=UTC)
    assert with_opening([location], now=one_in_the_morning)[0].opening.is_open
    make_closure("2026-07-07")
    location = Location.objects.get()
    assert not with_opening([location], now=one_in_the_morning)[0].opening.is_open


def test_closures_of_the_next_thirty_days_are_told_soonest_first_even_without_hours():
    location, other = make_location(), make_location(name="Auburn")
    for starts_on, ends_on in [
        ("2026-08-06", "2026-08-20"),
        ("2026-08-07", "2026-08-07"),
        ("2026-07-01", "2026-07-06"),
        ("2026-07-01", "2026-07-07"),
    ]:
        make_closure(starts_on, ends_on)
    make_closure("2026-07-10", location=other)
    (found,) = with_opening([location], now=TUESDAY_NOON)
    assert found.opening is None
    assert [str(closure.starts_on) for closure in found.upcoming_closures] == ["2026-07-01", "2026-08-06"]


def test_today_is_the_clinics_day_late_in_the_evening():
    make_closure("2026-07-07")
    late_on_tuesday = datetime(2026, 7, 8, 4, 59, tzinfo=UTC)
    for now, number in [(late_on_tuesday, 1), (late_on_tuesday + timedelta(minutes=1), 0)]:
        (found,) = with_opening([make_location(name=f"Clinic {number}")], now=now)
        assert len(found.upcoming_closures) == number


def test_the_next_change_is_the_earliest_of_all_clinics():
    birmingham, auburn, quiet = make_location(), make_location(name="Auburn"), make_location(name="Quiet")
    make_hours(birmingham)
    make_hours(auburn, "09:00-15:30")
    found = with_opening([birmingham, auburn, quiet], now=TUESDAY_NOON)
    assert next_change(found) == datetime(2026, 7, 7, 20, 30, tzinfo=UTC)
    assert next_change(with_opening([quiet], now=TUESDAY_NOON)) is None
