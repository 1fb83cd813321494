import pytest
from django.db import OperationalError
from django.test import Client

from clinic_site import views

pytestmark = pytest.mark.django_db


def test_a_missing_slash_is_added_and_a_posted_form_keeps_its_body(client):
    assert client.get("/locations").status_code == 301
    response = client.post("/locations")
    assert (response.status_code, response.headers["Location"]) == (308, "/locations/")


def test_a_page_that_cannot_reach_the_database_says_so_with_the_phone(monkeypatch, client):
    def fail(*args, **kwargs):
        raise OperationalError("could not connect to 10.0.0.5")

    monkeypatch.setattr(views.Article.objects, "published", fail)
    response = client.get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    page = response.content.decode()
    assert "(205) 557-2253" in page
    assert "988" in page
    assert "10.0.0.5" not in page


@pytest.mark.parametrize("host", ["evil.example", "clinic.example:1@evil.example", ""])
def test_an_unknown_host_is_refused_and_never_repeated(host):
    response = Client(raise_request_exception=False, headers={"host": host}).get("/")
    assert response.status_code == 400
    assert b"evil" not in response.content


def test_http_is_sent_to_https_and_a_posted_form_keeps_its_body(settings, client):
    settings.SITE_IS_SECURE, settings.SITE_URL = True, "https://clinic.example"
    assert client.get("/about/?x=1").headers["Location"] == "https://clinic.example/about/?x=1"
    assert client.get("/").status_code == 301
    assert client.post("/consult/").status_code == 308
    assert client.get("/about/", secure=True).status_code != 301


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_machines_that_ask_by_http_are_refused_and_not_sent_on(settings, client, path):
    settings.SITE_IS_SECURE, settings.SITE_URL = True, "https://clinic.example"
    answer = client.get(path, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.headers.get("Location")) == (403, None)
    assert client.get(path, secure=True).status_code != 403
