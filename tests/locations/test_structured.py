"""A clinic as machines read it: what it said of itself, and nothing else."""

import extruct
import pytest
import time_machine

from clinic_site.core.models import ClinicIdentity
from tests.factories.articles import NOW
from tests.factories.locations import FRI, MON, TUE, make_closure, make_hours, make_location, make_photo

pytestmark = pytest.mark.django_db

HERE = "http://clinic.example/locations/birmingham/"


@pytest.fixture(autouse=True)
def clinic(db):
    with time_machine.travel(NOW, tick=False):
        yield ClinicIdentity.objects.create(name="Example Clinic", phone="+12055572253")


def graph_of(client, path: str) -> list[dict]:
    (data,) = extruct.extract(client.get(path).content.decode(), syntaxes=["json-ld"])["json-ld"]
    return data["@graph"]


def clinics_of(client, path: str) -> list[dict]:
    return [item for item in graph_of(client, path) if item["@type"] == "MedicalClinic"]


def test_a_clinic_that_said_little_is_described_by_little(client):
    make_location(phone="+12055572253")
    assert clinics_of(client, "/locations/birmingham/") == [
        {
            "@type": "MedicalClinic",
            "@id": f"{HERE}#clinic",
            "name": "Example Clinic, Birmingham",
            "url": HERE,
            "telephone": "+1-205-557-2253",
            "address": {
                "@type": "PostalAddress",
                "streetAddress": "1 Test Road",
                "addressLocality": "Testville",
                "addressRegion": "AL",
                "postalCode": "35299",
                "addressCountry": "US",
            },
            "parentOrganization": {"@id": "http://clinic.example/#organization"},
        }
    ]
    types = [item["@type"] for item in graph_of(client, "/locations/birmingham/")]
    assert sorted(types) == ["BreadcrumbList", "MedicalClinic", "Organization"]


def test_hours_closures_and_photos_are_told_once_they_are_known(client):
    location = make_location(summary="Near the park.")
    make_hours(location, "09:00-12:00", "13:00-17:00", days=(MON, TUE))
    make_hours(location, "22:00-02:00", days=(FRI,))
    make_closure("2026-11-26", "2026-11-27", reason="Thanksgiving")
    make_closure("2026-10-01", reason="Long past")
    make_closure("2027-10-01", reason="Far ahead")
    make_photo(location)
    (described,) = clinics_of(client, "/locations/birmingham/")
    assert described["description"] == "Near the park."
    weekdays = ["https://schema.org/Monday", "https://schema.org/Tuesday"]
    assert [
        (hours["dayOfWeek"], hours["opens"], hours["closes"]) for hours in described["openingHoursSpecification"]
    ] == [
        (weekdays, "09:00", "12:00"),
        (weekdays, "13:00", "17:00"),
        (["https://schema.org/Friday"], "22:00", "02:00"),
    ]
    assert described["specialOpeningHoursSpecification"] == [
        {
            "@type": "OpeningHoursSpecification",
            "name": "Thanksgiving",
            "validFrom": "2026-11-26",
            "validThrough": "2026-11-27",
            "opens": "00:00",
            "closes": "00:00",
        }
    ]
    assert described["image"] == ["http://clinic.example/media/pictures/none.jpg"]


def test_the_list_describes_every_clinic_that_readers_see(client):
    make_location()
    make_location(name="Auburn")
    make_location(name="Closed down", is_active=False)
    assert [clinic["@id"] for clinic in clinics_of(client, "/locations/")] == [
        "http://clinic.example/locations/auburn/#clinic",
        HERE + "#clinic",
    ]


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--<script>", "A\u2028B & C"])
def test_a29_no_name_breaks_out_of_the_description(client, name):
    location = make_location(name=name, slug="birmingham")
    page = client.get(location.get_absolute_url()).content.decode()
    # The description, and the form's own script.
    assert page.count("<script") == page.count("</script>") == 2
    assert clinics_of(client, location.get_absolute_url())[0]["name"] == f"Example Clinic, {name}"


def test_a_phone_with_an_extension_and_a_clinic_without_a_phone(client):
    ClinicIdentity.objects.update(phone="")
    make_location(phone="+12055572253;ext=12")
    graph = {item["@type"]: item for item in graph_of(client, "/locations/birmingham/")}
    assert graph["MedicalClinic"]["telephone"] == "+1-205-557-2253 ext. 12"
    assert "telephone" not in graph["Organization"]
