"""Each request has an id and a reference, and one log line that holds nothing of anybody."""

import logging

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from clinic_site.core import counters
from clinic_site.roles import EDITOR
from tests.factories.consults import make_role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.urls")]
LOGGER = "clinic_site.core.request_log"
NGINX, UUID = "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def lines(caplog) -> list[dict]:
    return [line.fields for line in caplog.records if line.name == LOGGER]


@pytest.mark.parametrize("given", [NGINX, UUID])
def test_the_id_of_our_own_proxy_is_kept_and_sent_back(client, settings, given):
    settings.TRUST_PROXY = True
    assert client.get("/livez", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "205-555-0142", "2055550142", "x" * 32, NGINX + "\n", NGINX.upper(), "a" * 33])
def test_an_id_that_no_proxy_makes_is_replaced(client, settings, given):
    settings.TRUST_PROXY = True
    found = client.get("/livez", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert found != given
    assert len(found) == 32


def test_without_a_proxy_of_our_own_nobody_chooses_the_id(client):
    assert client.get("/livez", headers={"X-Request-Id": NGINX}).headers["X-Request-Id"] != NGINX


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/consult/?name=Zelda", "/consult/"),
        ("/robots.txt", "/robots.txt"),
        ("/consult/thanks/7K3M9PXW/", "/consult/thanks/<reference:reference>/"),
        ("/preview/a-secret-of-24-bytes/", "/preview/<str:secret>/"),
        ("/articles/zelda-quarrington/", "/articles/<slug:slug>/"),
        ("/zelda-quarrington/", "/<slug:slug>/"),
        ("/zelda-quarrington", "(no page)"),
        ("/zelda/2055550142/", "(no page)"),
        (
            "/admin/consults/consultrequest/2055550142/change/",
            "/admin/consults/consultrequest/<path:object_id>/change/",
        ),
        ("/admin/zelda/", "/admin/(?P<url>.*)$"),
    ],
)
def test_the_path_is_logged_without_query_and_without_secrets(client, caplog, path, shown):
    caplog.set_level(logging.INFO)
    client.get(path)
    (line,) = lines(caplog)
    assert line["path"] == shown


def test_pages_that_readers_may_see_are_named(client, caplog, content):
    caplog.set_level(logging.INFO)
    for path in ("/about/", "/articles/ketamine-for-ptsd/"):
        client.get(path)
    assert [line["path"] for line in lines(caplog)] == ["/about/", "/articles/ketamine-for-ptsd/"]


def test_what_machines_ask_all_day_is_no_news(client, caplog):
    caplog.set_level(logging.INFO)
    client.get("/livez")
    assert lines(caplog) == []


def test_a_strange_method_is_not_repeated(client, caplog):
    caplog.set_level(logging.INFO)
    client.generic("ZELDA", "/consult/")
    assert lines(caplog)[0]["method"] == "other"


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_an_error_page_shows_the_reference_that_the_log_has(client, caplog, status):
    caplog.set_level(logging.INFO)
    response = client.get(f"/errors/{status}/")
    assert response.status_code == status
    (record,) = [record for record in caplog.records if record.name == LOGGER]
    assert record.fields["status"] == status
    reference = response.wsgi_request.reference
    assert reference in response.content.decode()
    assert response.wsgi_request.marks.request_id == response.headers["X-Request-Id"]


def test_a_form_without_its_token_is_refused_with_a_reference():
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("owner"))
    response = client.post("/admin/consults/consultrequest/export/", {})
    assert response.status_code == 403
    assert response.wsgi_request.reference in response.content.decode()


def test_answers_are_counted_by_status(client):
    def count() -> float:
        return counters.OURS.get_sample_value("clinic_answers_total", {"status": "404"}) or 0

    before = count()
    client.get("/zelda/")
    client.get("/zelda/quarrington/")
    assert count() == before + 2


def test_the_log_of_requests_stands_outside_of_everything_else():
    ours = [name for name in django_settings.MIDDLEWARE if name.startswith(("clinic_site.", "django.", "csp."))]
    assert ours[0] == f"{LOGGER}.RequestLogMiddleware"


def test_who_was_refused_is_named_by_their_number_and_nobody_else_is(client, caplog):
    caplog.set_level(logging.INFO)
    editor = make_role(EDITOR, username="ed")
    client.force_login(editor)
    client.get("/admin/")
    client.get("/admin/auth/user/")
    client.get("/admin/articles/topic/999/change/")
    Client().get("/admin/auth/user/")
    assert [(line["status"], line.get("account")) for line in lines(caplog)] == [
        (200, None),
        (403, editor.pk),
        (302, None),
        (302, None),
    ]
    client.get("/admin/consults/consultrequest/999/change/")
    assert lines(caplog)[-1]["account"] == editor.pk
