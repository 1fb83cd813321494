"""What the database itself refuses, whoever writes."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from clinic_site.core.models import Picture
from locations.models import Clinician, Closure, Hours, Location
from tests.factories.locations import (
    FRI,
    MON,
    SUN,
    TUE,
    closure,
    hours,
    make_clinician,
    make_closure,
    make_hours,
    make_location,
    make_photo,
)


def assert_refused(write, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


@pytest.mark.django_db
def test_a_stretch_of_no_length_is_refused():
    location = make_location()
    assert_refused(lambda: make_hours(location, "09:00-09:00", days=(MON,)), "locations_hours_have_length")


@pytest.mark.django_db
def test_two_stretches_cannot_open_at_the_same_time():
    location = make_location()
    make_hours(location, "09:00-12:00", days=(MON,))
    make_hours(location, "13:00-17:00", days=(MON,))
    make_hours(make_location(name="Auburn"), "09:00-12:00", days=(MON,))
    assert_refused(lambda: make_hours(location, "09:00-17:00", days=(MON,)), "locations_hours_once|weekday")


@pytest.mark.django_db
def test_a_closure_cannot_end_before_it_starts():
    make_closure("2026-11-26", "2026-11-26")
    assert_refused(lambda: make_closure("2026-11-26", "2026-11-25"), "locations_closure_ends_after_start")


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        (Hours(weekday=MON, opens=time(9), closes=time(9)), "closes", "the same"),
        (closure("2026-11-26", "2026-11-25"), "ends_on", "before the first"),
        (closure("2026-11-26", "2027-11-28"), "ends_on", "more than a year"),
    ],
)
def test_the_message_stands_at_the_field(row: models.Model, field, words):
    with pytest.raises(ValidationError) as caught:
        row.clean()
    assert words in caught.value.message_dict[field][0]


@pytest.mark.parametrize(
    "row",
    [
        Hours(weekday=MON, opens=time(22), closes=time(2)),
        Hours(weekday=MON),
        Closure(starts_on=date(2026, 11, 26)),
        closure("2026-11-26", "2027-11-27"),
    ],
)
def test_rows_that_are_right_or_unfinished_raise_nothing_here(row):
    row.clean()


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ((MON, "09:00-12:00"), (MON, "12:00-17:00"), False),
        ((MON, "09:00-12:01"), (MON, "12:00-17:00"), True),
        ((MON, "09:00-17:00"), (TUE, "09:00-17:00"), False),
        ((MON, "22:00-02:00"), (TUE, "01:00-05:00"), True),
        ((MON, "22:00-02:00"), (TUE, "02:00-05:00"), False),
        ((SUN, "22:00-02:00"), (MON, "01:00-05:00"), True),
        ((FRI, "20:00-00:00"), (FRI, "09:00-20:00"), False),
    ],
)
def test_stretches_overlap_around_the_week(one, other, overlap):
    (first,), (second,) = (hours(stretch, days=(day,)) for day, stretch in (one, other))
    assert first.overlaps(second) is second.overlaps(first) is overlap
    assert first.overlaps(first)


def test_a_span_is_never_longer_than_a_day():
    (row,) = hours("00:00-00:01", days=(SUN,))
    assert row.span == (timedelta(days=6), timedelta(days=6, minutes=1))
    (row,) = hours("00:01-00:00", days=(SUN,))
    assert row.span == (timedelta(days=6, minutes=1), timedelta(days=7))


@pytest.mark.django_db
def test_pictures_in_use_cannot_be_deleted():
    photo = make_photo(make_location())
    with pytest.raises(ProtectedError):
        photo.picture.delete()
    portrait = Picture.objects.create(title="Portrait", alt="A person", file="pictures/p.jpg", width=4, height=3)
    make_clinician(photo=portrait)
    with pytest.raises(ProtectedError):
        portrait.delete()


@pytest.mark.django_db
def test_only_active_clinics_and_shown_clinicians_reach_readers():
    make_location(name="Retired", is_active=False)
    for name, position in [("Montgomery", 1), ("Birmingham", 0), ("Auburn", 1)]:
        make_location(name=name, position=position)
    assert [location.name for location in Location.objects.active()] == ["Birmingham", "Auburn", "Montgomery"]
    make_clinician(name="Hidden Example", is_shown=False)
    for name, position in [("Second Example", 2), ("First Example", 1)]:
        make_clinician(name=name, position=position)
    assert [clinician.name for clinician in Clinician.objects.shown()] == ["First Example", "Second Example"]


def test_an_address_survives_its_way_into_a_map_link():
    location = Location(street="1932 Laurel Rd # 1B & Co", city="Vestavia Hills", state="AL", postal_code="35216")
    assert "#" not in location.apple_maps_url + location.google_maps_url + location.osm_url
    assert location.google_maps_url.endswith("destination=1932+Laurel+Rd+%23+1B+%26+Co%2C+Vestavia+Hills%2C+AL+35216")


def test_a_phone_reads_as_people_write_it_and_dials():
    location = Location(phone="205-555-0100")
    assert (location.phone_text, location.phone_link) == ("(205) 555-0100", "tel:+1-205-555-0100")
