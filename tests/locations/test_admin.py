"""Staff fill in the clinics. Every form is posted as a browser would post it."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from locations.models import Clinician, Closure, Hours, Location, LocationPhoto
from tests.factories.locations import MON, TUE, make_clinician, make_closure, make_hours, make_location, make_photo

pytestmark = pytest.mark.django_db

INLINES = ("hours", "closures", "photos")
NINE_TO_FIVE = {"weekday": MON, "opens": "09:00", "closes": "17:00"}
LATE = {"weekday": MON, "opens": "20:00", "closes": "02:00"}


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("manager"))
    return client


def url(name: str, *args) -> str:
    return reverse(f"admin:locations_{name}", args=args)


def fields(**changes) -> dict:
    return {
        "name": "Birmingham",
        "slug": "birmingham",
        "street": "1 Test Road",
        "city": "Testville",
        "state": "AL",
        "postal_code": "35299",
        "phone": "(205) 555-0100",
        "position": "0",
        "is_active": "on",
        **changes,
    }


def inline(prefix: str, rows: list[dict]) -> dict:
    """One inline as posted; rows that have an `id` are those that existed."""
    stored = sum("id" in row for row in rows)
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": stored}
    return data | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def location_post(*, changes: dict | None = None, **rows) -> dict:
    data = fields(**(changes or {}))
    for prefix in INLINES:
        data |= inline(prefix, rows.get(prefix, []))
    return data


def row_errors(response, prefix: str = "hours") -> list[dict]:
    formset = next(
        inline.formset for inline in response.context["inline_admin_formsets"] if inline.formset.prefix == prefix
    )
    return [{name: list(errors) for name, errors in form.errors.items()} for form in formset.forms]


@pytest.mark.parametrize("model", ["location", "closure", "clinician"])
def test_lists_and_empty_forms_open(staff, model):
    assert staff.get(url(f"{model}_changelist")).status_code == 200
    assert staff.get(url(f"{model}_add")).status_code == 200


def test_a_clinic_is_added_with_hours_and_closures(staff):
    data = location_post(
        hours=[NINE_TO_FIVE, {"weekday": TUE, "opens": "20:00", "closes": "02:00"}, {"weekday": "", "opens": ""}],
        closures=[{"starts_on": "2026-11-26", "ends_on": "2026-11-26", "reason": "Thanksgiving"}],
    )
    assert staff.post(url("location_add"), data).status_code == 302
    location = Location.objects.get()
    assert location.phone_text == "(205) 555-0100"
    assert set(location.hours.values_list("weekday", "opens", "closes")) == {
        (MON, time(9), time(17)),
        (TUE, time(20), time(2)),
    }
    assert location.closures.get().reason == "Thanksgiving"


def test_a_clinic_is_changed_and_its_rows_deleted(staff):
    location = make_location()
    make_hours(location, days=(MON, TUE))
    photo = make_photo(location)
    page = url("location_change", location.pk)
    assert staff.get(page).status_code == 200
    monday, tuesday = location.hours.order_by("weekday")
    data = location_post(
        changes={"parking": "In front of the building."},
        hours=[
            {"id": monday.pk, **NINE_TO_FIVE, "closes": "12:00"},
            {"id": tuesday.pk, "weekday": TUE, "opens": "09:00", "closes": "17:00", "DELETE": "on"},
            {"weekday": MON, "opens": "13:00", "closes": "17:00"},
        ],
        photos=[{"id": photo.pk, "picture": photo.picture_id, "caption": "The door", "position": 1}],
    )
    assert staff.post(page, data).status_code == 302
    location.refresh_from_db()
    assert location.parking == "In front of the building."
    assert [str(row) for row in location.hours.order_by("opens")] == ["Monday 9 am – noon", "Monday 1 pm – 5 pm"]
    assert LocationPhoto.objects.get().caption == "The door"


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (NINE_TO_FIVE, {"weekday": MON, "opens": "16:00", "closes": "18:00"}, "Monday 9 am – 5 pm"),
        (NINE_TO_FIVE, NINE_TO_FIVE, "Monday 9 am – 5 pm"),
        (LATE, {"weekday": TUE, "opens": "01:00", "closes": "05:00"}, "Monday 8 pm – 2 am"),
    ],
)
def test_overlapping_hours_are_refused_beside_the_row_and_what_was_typed_is_kept(staff, first, second, named):
    response = staff.post(url("location_add"), location_post(hours=[first, second]))
    assert response.status_code == 200
    message = f"This overlaps {named}. Change one of the two."
    assert row_errors(response) == [{}, {"opens": [message]}]
    page = response.content.decode()
    assert page.count(message) == 1
    assert f'value="{second["opens"]}"' in page
    assert not Location.objects.exists()


def test_hours_may_move_to_where_a_deleted_row_was(staff):
    location = make_location()
    (old,) = make_hours(location, days=(MON,))
    rows = [{"id": old.pk, **NINE_TO_FIVE, "DELETE": "on"}, {"weekday": MON, "opens": "08:00", "closes": "18:00"}]
    assert staff.post(url("location_change", location.pk), location_post(hours=rows)).status_code == 302
    assert [str(row) for row in Hours.objects.all()] == ["Monday 8 am – 6 pm"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"weekday": MON, "opens": "09:00", "closes": "09:00"}, "closes"),
        ({"weekday": MON, "opens": "9 o'clock", "closes": "17:00"}, "opens"),
        ({"weekday": 9, "opens": "09:00", "closes": "17:00"}, "weekday"),
        ({"weekday": "", "opens": "09:00", "closes": "17:00"}, "weekday"),
        ({"weekday": MON, "opens": "09:00", "closes": ""}, "closes"),
    ],
)
def test_hours_that_make_no_sense_get_one_message_at_the_field(staff, row, field):
    response = staff.post(url("location_add"), location_post(hours=[NINE_TO_FIVE, row]))
    errors = row_errors(response)[1]
    assert list(errors) == [field]
    assert len(errors[field]) == 1


def test_a_closure_that_ends_before_it_starts_is_refused_at_the_field(staff):
    data = {"location": "", "starts_on": "2026-11-27", "ends_on": "2026-11-26", "reason": "Thanksgiving"}
    response = staff.post(url("closure_add"), data)
    assert response.context["adminform"].form.errors == {"ends_on": ["The last day is before the first."]}
    inline_response = staff.post(url("location_add"), location_post(closures=[data]))
    assert row_errors(inline_response, "closures") == [{"ends_on": ["The last day is before the first."]}]
    assert not Closure.objects.exists()


def test_a_closure_of_every_clinic_is_added_changed_and_deleted(staff):
    data = {"location": "", "starts_on": "2026-11-26", "ends_on": "2026-11-27", "reason": "Thanksgiving"}
    assert staff.post(url("closure_add"), data).status_code == 302
    closure = Closure.objects.get()
    assert (closure.location, closure.ends_on) == (None, date(2026, 11, 27))
    assert "every clinic" in staff.get(url("closure_changelist")).content.decode()
    page = url("closure_change", closure.pk)
    assert staff.get(page).status_code == 200
    location = make_location()
    assert staff.post(page, {**data, "location": location.pk}).status_code == 302
    assert Closure.objects.get().location == location
    assert staff.post(url("closure_delete", closure.pk), {"post": "yes"}).status_code == 302
    assert not Closure.objects.exists()


def test_a_clinician_is_added_and_changed(staff):
    location = make_location()
    data = {"name": "Robin Example", "credential": "MD", "position": 0, "locations": [location.pk]}
    assert staff.post(url("clinician_add"), data).status_code == 302
    clinician = Clinician.objects.get()
    assert (list(clinician.locations.all()), clinician.is_shown) == ([location], False)
    page = url("clinician_change", clinician.pk)
    assert staff.get(page).status_code == 200
    assert staff.post(page, {**data, "is_shown": "on", "bio": "Gives infusions."}).status_code == 302
    assert Clinician.objects.shown().get().bio == "Gives infusions."


def test_a_clinic_is_retired_and_never_deleted(staff):
    location = make_location()
    delete = url("location_delete", location.pk)
    assert "Clinics are retired, never deleted" in staff.post(delete, {"post": "yes"}, follow=True).content.decode()
    page = staff.get(url("location_change", location.pk)).content.decode()
    assert delete not in page
    staff.post(
        url("location_changelist"), {"action": "delete_selected", "_selected_action": location.pk, "post": "yes"}
    )
    assert Location.objects.exists()
    data = location_post(changes={"is_active": ""})
    assert staff.post(url("location_change", location.pk), data).status_code == 302
    assert not Location.objects.active().exists()


def test_the_list_says_which_clinics_are_open(staff):
    make_hours(make_location())
    make_location(name="Auburn")
    with time_machine.travel(datetime(2026, 7, 7, 17, 0, tzinfo=UTC), tick=False):
        # Signing in again: the session began at another time.
        staff.force_login(User.objects.get())
        page = staff.get(url("location_changelist")).content.decode()
    assert "Open: closes at 5 pm" in page
    assert "no hours yet" in page


def test_the_list_costs_the_same_for_one_clinic_and_for_three(staff):
    counts = []
    for names in (["Birmingham"], ["Auburn", "Mobile"]):
        for name in names:
            location = make_location(name=name)
            make_hours(location)
            make_closure("2026-11-26", location=location)
            make_clinician(location)
        with CaptureQueriesContext(connection) as queries:
            staff.get(url("location_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_clinic_without_hours_is_offered_a_week_of_empty_rows(staff):
    location = make_location()
    page = url("location_change", location.pk)

    def empty_rows() -> int:
        formsets = staff.get(page).context["inline_admin_formsets"]
        return next(inline.formset for inline in formsets if inline.formset.prefix == "hours").extra

    assert empty_rows() == 7
    make_hours(location)
    assert empty_rows() == 1
