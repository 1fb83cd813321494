"""What the launch checklist says of the clinics."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from locations.launch import missing
from tests.factories.locations import make_clinician, make_hours, make_location

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 7, 17, 0, tzinfo=UTC)


def texts() -> list[str]:
    return [item.text for item in missing(now=NOW)]


def test_a_bare_clinic_lacks_hours_parking_access_and_clinicians():
    location = make_location()
    make_clinician(location, is_shown=False)
    make_location(name="Retired", is_active=False)
    items = missing(now=NOW)
    assert [item.text for item in items] == [
        "Birmingham: no opening hours; readers cannot see when it is open.",
        "Birmingham: nothing about parking.",
        "Birmingham: nothing about the entrance and wheelchair access.",
        "Birmingham: no clinician is shown.",
    ]
    page = reverse("admin:locations_location_change", args=[location.pk])
    clinicians = reverse("admin:locations_clinician_changelist")
    assert [item.url for item in items] == [f"{page}#hours-group", page, page, clinicians]
    assert not any(item.is_urgent for item in items)


def test_each_gap_goes_when_it_is_filled():
    location = make_location(parking="In front.", access="  ")
    make_hours(location)
    make_clinician(location)
    assert texts() == ["Birmingham: nothing about the entrance and wheelchair access."]
    location.access = "Step-free."
    location.save()
    assert texts() == []


def test_every_clinic_is_asked_for_its_own_in_the_same_number_of_queries(django_assert_num_queries):
    for name in ("Birmingham", "Auburn", "Mobile"):
        make_location(name=name, parking="x", access="x")
    make_hours(make_location(name="Dothan", parking="x", access="x"))
    with django_assert_num_queries(4):
        assert sum("no opening hours" in text for text in texts()) == 3


def test_no_active_clinic_at_all_is_urgent():
    make_location(is_active=False)
    (item,) = missing(now=NOW)
    assert item.is_urgent
    assert item.url == reverse("admin:locations_location_changelist")
