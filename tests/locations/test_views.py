"""The clinics' pages over HTTP."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.locations import make_clinician, make_closure, make_hours, make_location, make_photo

pytestmark = pytest.mark.django_db

INDEX, BIRMINGHAM = "/locations/", "/locations/birmingham/"
FIVE_PM = datetime(2026, 7, 7, 22, 0, tzinfo=UTC)  # a Tuesday in Alabama


def get(client, path, *, now=FIVE_PM - timedelta(hours=2)):
    with time_machine.travel(now, tick=False):
        return client.get(path)


def kept_for(response, *, now) -> tuple[int, float | None]:
    """For how many seconds a proxy may keep this answer, and our own page cache; None: the usual minute."""
    kept = re.fullmatch(
        r"public, max-age=0, s-maxage=(\d), stale-while-revalidate=(\d), stale-if-error=(\d+)",
        response.headers["Cache-Control"],
    )
    until = response.fresh_until
    return int(kept[1]) + int(kept[2]), (until - now).total_seconds() if until else None


def test_the_index_lists_active_clinics_in_their_order(client):
    for name, position in [("Birmingham", 2), ("Auburn", 1)]:
        make_location(name=name, position=position)
    make_location(name="Retired", is_active=False)
    response = get(client, INDEX)
    assert response.status_code == 200
    assert [location.name for location in response.context["locations"]] == ["Auburn", "Birmingham"]
    assert response.context["meta"].title == "Our clinics in Auburn and Birmingham"
    assert response.context["meta"].canonical_url == "http://clinic.example/locations/"


def test_the_index_answers_without_any_clinic(client):
    assert get(client, INDEX).status_code == 200


def test_a_retired_or_unknown_clinic_has_no_page(client):
    make_location(name="Retired", is_active=False)
    assert get(client, "/locations/retired/").status_code == 404
    assert get(client, "/locations/nowhere/").status_code == 404


def test_a_clinic_that_has_told_little_says_little(client):
    make_location()
    response = get(client, BIRMINGHAM)
    assert response.status_code == 200
    context = response.context
    assert context["location"].opening is None
    assert context["hours_table"] == []
    assert list(context["clinicians"]) == list(context["photos"]) == context["other_locations"] == []
    page = response.content.decode()
    for words in ("Open now", "Closed now"):
        assert words not in page


def test_a_clinics_page_tells_all_it_has(client):
    location, auburn = make_location(), make_location(name="Auburn")
    make_hours(location)
    make_closure("2026-07-20", reason="staff training")
    make_clinician(location)
    make_clinician(location, name="Hidden Example", is_shown=False)
    make_clinician(auburn, name="Elsewhere Example")
    make_photo(location, position=2, caption="The door")
    make_photo(location, position=1, caption="The oak")
    response = get(client, BIRMINGHAM)
    context, page = response.context, response.content.decode()
    assert [(row.days, row.times, row.is_today) for row in context["hours_table"]] == [
        ("Monday to Friday", "9 am – 5 pm", True),
        ("Saturday and Sunday", "Closed", False),
    ]
    assert [clinician.name for clinician in context["clinicians"]] == ["Robin Example"]
    assert [photo.caption for photo in context["photos"]] == ["The oak", "The door"]
    assert [other.name for other in context["other_locations"]] == ["Auburn"]
    for words in ("closes at 5 pm", "Monday to Friday", "staff training", "Robin Example", "The oak"):
        assert words in page
    assert "Hidden Example" not in page


def test_the_title_names_the_town_where_it_differs(client):
    make_location(city="Vestavia Hills")
    make_location(name="Auburn", city="Auburn", summary="Infusions in Auburn.")
    meta = get(client, BIRMINGHAM).context["meta"]
    assert meta.title == "Birmingham ketamine clinic, Vestavia Hills"
    assert "1 Test Road" in meta.description
    meta = get(client, "/locations/auburn/").context["meta"]
    assert (meta.title, meta.description) == ("Auburn ketamine clinic", "Infusions in Auburn.")


@pytest.mark.parametrize("path", [INDEX, BIRMINGHAM])
def test_a_page_is_never_kept_past_the_next_change(client, path):
    make_hours(make_location())
    make_hours(make_location(name="Auburn"), "09:00-17:05")
    for seconds in (0.5, 1, 10, 59.9, 60, 61, 3600):
        response = get(client, path, now=FIVE_PM - timedelta(seconds=seconds))
        assert kept_for(response, now=FIVE_PM) == (min(2, int(seconds)), 0)
        assert "closes at 5 pm" in response.content.decode()
    # The other clinic's state stands on the page too.
    later = FIVE_PM + timedelta(minutes=4, seconds=59)
    assert kept_for(get(client, path, now=later), now=later) == (1, 1)


@pytest.mark.parametrize("path", [INDEX, BIRMINGHAM])
def test_a_page_is_never_kept_past_midnight(client, path):
    make_hours(make_location())
    make_closure("2026-07-07")
    midnight = datetime(2026, 7, 8, 5, 0, tzinfo=UTC)
    response = get(client, path, now=midnight - timedelta(seconds=10))
    assert "closed today for Thanksgiving" in response.content.decode()
    assert kept_for(response, now=midnight) == (2, 0)


def test_a_page_without_hours_is_kept_as_long_as_others(client):
    make_location()
    assert kept_for(get(client, BIRMINGHAM), now=FIVE_PM) == (2, None)


def add_everything(location) -> None:
    make_hours(location)
    make_closure("2026-07-20", location=location)
    make_clinician(location)
    make_photo(location)


@pytest.mark.parametrize("path", [INDEX, BIRMINGHAM])
def test_three_of_everything_cost_no_more_queries_than_one(client, path):
    birmingham = make_location()
    add_everything(birmingham)
    add_everything(make_location(name="Auburn"))
    with CaptureQueriesContext(connection) as few:
        get(client, path)
    for name in ("Mobile", "Dothan"):
        add_everything(make_location(name=name))
        make_clinician(birmingham)
        make_photo(birmingham)
    with CaptureQueriesContext(connection) as many:
        get(client, path)
    assert len(many) == len(few)
