"""Clinics in the search."""

import pytest
from django.contrib.auth.models import User

from locations.models import Location
from locations.search import CLINICS
from tests.factories.locations import make_location
from tests.factories.search import ask, titles

pytestmark = pytest.mark.django_db


def test_a_clinic_is_found_by_name_town_street_and_phone():
    CLINICS.index(make_location(name="Birmingham", city="Vestavia Hills", street="1 Laurel Road", parking="Free lot."))
    for typed in ("birmingham", "vestavia", "laurel road", "35299", "(205) 555-0100", "directions", "phone", "parking"):
        assert titles(typed) == ["Birmingham ketamine clinic"], typed


def test_a_clinic_saved_in_the_admin_is_found_by_its_new_words_and_a_retired_one_no_more(client):
    client.force_login(User.objects.create_superuser("editor"))
    location = make_location()
    empty = {
        f"{prefix}-{name}": 0
        for prefix in ("hours", "closures", "photos")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    form = {
        "name": "Zebrafinch",
        "slug": "birmingham",
        "street": "1 Test Road",
        "city": "Testville",
        "state": "AL",
        "postal_code": "35299",
        "phone": "205-555-0100",
        "position": "0",
        **empty,
    }
    address = f"/admin/locations/location/{location.pk}/change/"
    assert client.post(address, {**form, "is_active": "on"}).status_code == 302
    assert ask("zebrafinch").hits[0].path == "/locations/birmingham/"
    assert client.post(address, form).status_code == 302
    assert not Location.objects.active().exists()
    assert titles("zebrafinch") == []
