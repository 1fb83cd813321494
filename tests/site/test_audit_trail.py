"""Every road to a request is in the audit trail: the URLs of the admin are walked, whatever they will be."""

import pytest
import time_machine
from django.contrib import admin
from django.urls import reverse

from clinic_site.core.models import AuditEntry
from clinic_site.roles import OWNER
from consults.models import ConsultRequest
from tests.factories.consults import make_consent_text, make_recipient, make_request, make_role
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db

# Pages on which no request stands: they ask for something first, or show numbers alone.
WITHOUT_REQUESTS = {"consults_retention", "consults_people", "consults_export", "consults_find", "consults_reports"}


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner(client):
    client.force_login(make_role(OWNER, username="owner"))
    return client


def pages() -> list[tuple[str, list[str]]]:
    """Each named page of a request's admin: its name, and the names of the arguments it takes."""
    found = []
    for pattern in admin.site._registry[ConsultRequest].get_urls():
        if pattern.name and "mails/" not in str(pattern.pattern):
            found.append((pattern.name, list(pattern.pattern.converters)))
    assert ("consults_consultrequest_history", ["object_id"]) in found
    return found


def noted() -> set[int]:
    return set(AuditEntry.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(("name", "arguments"), pages())
def test_who_looks_at_a_request_is_noted(owner, name, arguments):
    make_recipient()
    make_consent_text()
    request = make_request()
    rows = {"consent_pk": request.consents.get().pk}
    before = noted()
    response = owner.get(reverse(f"admin:{name}", args=[rows.get(name, request.pk) for name in arguments]))
    new = AuditEntry.objects.exclude(pk__in=before)
    if response.status_code in {403, 405} or name in WITHOUT_REQUESTS:
        assert request.reference not in response.content.decode()
        assert request.spoken_reference not in response.content.decode()
    elif response.status_code == 200:
        assert new, f"{name} shows a request and nobody is told who looked"
        for entry in new:
            assert (entry.actor_name, entry.from_address) == ("owner", "127.0.0.1")
        about = {entry.subject for entry in new} | {
            f"consult:{reference}" for entry in new for reference in entry.detail.get("requests", [])
        }
        assert request.subject in about
    else:
        assert response.status_code == 302, (name, response.status_code)


@pytest.mark.parametrize(
    ("name", "post", "actions"),
    [
        ("consults_people", {"term": "205-555-0142"}, ["person-found"]),
        ("consults_export", {"format": "json", "reason": "other"}, ["requests-exported", "export-ended"]),
    ],
)
def test_who_finds_or_exports_requests_is_noted(owner, name, post, actions):
    make_request(phone="tel:+1-205-555-0142")
    before = noted()
    response = owner.post(reverse(f"admin:{name}"), post)
    response.getvalue()
    assert [entry.action for entry in AuditEntry.objects.exclude(pk__in=before).order_by("pk")] == actions


@pytest.mark.parametrize("term", ["", "7", "Dana"])
def test_requests_are_never_offered_in_a_list_to_choose_from(owner, term):
    request = make_request()
    query = f"?app_label=consults&model_name=activity&field_name=request&term={term}"
    response = owner.get(f"/admin/autocomplete/{query}")
    assert response.status_code == 403
    assert request.spoken_reference not in response.content.decode()


def test_the_first_screen_notes_whom_it_showed(owner):
    request = make_request()
    owner.get("/admin/")
    entry = AuditEntry.objects.get(action="waiting-viewed")
    assert (entry.actor_name, entry.detail) == ("owner", {"requests": [request.reference]})


def test_what_comes_in_and_what_staff_note_is_there_too(owner):
    request = make_request()
    owner.post(reverse("admin:consults_outcome", args=[request.pk]), {"kind": "no_answer"})
    actions = list(AuditEntry.objects.filter(subject=request.subject).order_by("pk").values_list("action", flat=True))
    assert actions[0] == "request-received"
    assert "request-no-answer" in actions
