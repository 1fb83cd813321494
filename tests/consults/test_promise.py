"""What readers are told of when they will hear from the clinic, and that nothing is said while nothing is promised."""

import pytest

from clinic_site.core.models import ClinicIdentity
from clinic_site.roles import MANAGER
from consults.launch import missing
from locations.models import Location
from tests.factories.consults import make_request, make_role
from tests.factories.locations import make_hours
from tests.factories.posts import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]
PAGES = ["/consult/", "/locations/birmingham/", "/articles/is-ketamine-fda-approved/"]


@pytest.fixture
def thanks():
    return f"/consult/thanks/{make_request(now=NOW).reference}/"


def test_while_nothing_is_promised_no_page_says_anything(client, thanks):
    for path in [*PAGES, thanks]:
        assert "We answer within" not in client.get(path).content.decode(), path


@pytest.mark.parametrize(("hours", "sentence"), [(4, "within 4 opening hours."), (1, "within 1 opening hour.")])
def test_the_promise_stands_once_beside_the_form_and_on_the_page_that_thanks(client, thanks, hours, sentence):
    ClinicIdentity.objects.update(answer_within_hours=hours)
    for path in [*PAGES, thanks]:
        page = client.get(path).content.decode()
        assert page.count(f"We answer {sentence}") == 1, path
    assert f"We answer {sentence}" in client.post("/consult/", {}).content.decode()


def test_the_manager_sets_it_and_a_number_out_of_range_is_refused(client):
    client.force_login(make_role(MANAGER))
    post = {"name": "The clinic", "tagline": "", "phone": "", "answer_within_hours": "6", "remind_at_night": "on"}
    url = "/admin/core/clinicidentity/1/change/"
    assert client.post(url, {**post, "answer_within_hours": "0"}).status_code == 200
    assert client.post(url, {**post, "answer_within_hours": "99999999999999999999"}).status_code == 200
    assert ClinicIdentity.load().answer_within_hours is None
    assert client.post(url, post).status_code == 302
    clinic = ClinicIdentity.load()
    assert (clinic.answer_within_hours, clinic.remind_at_night) == (6, True)
    assert client.post(url, {**post, "answer_within_hours": ""}).status_code == 302
    assert ClinicIdentity.load().answer_within_hours is None


def test_the_launch_list_says_where_a_promise_of_opening_hours_counts_every_hour():
    def told():
        return [item.text for item in missing(now=NOW) if "every hour counts" in item.text]

    assert told() == []
    ClinicIdentity.objects.update(answer_within_hours=4)
    assert len(told()) == Location.objects.active().count() == 2
    make_hours(Location.objects.get(slug="auburn"))
    assert told() == [
        "Readers are told: “We answer within 4 opening hours.” Birmingham has no hours: there, every hour counts."
    ]
