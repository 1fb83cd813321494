"""Editors change pages, texts and the clinic's name; what the site records of itself they can only look at."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.models import AuditEntry, ClinicIdentity, JobRun, Page, SiteText
from consults.models import ConsentText
from tests.factories.consults import make_consent_text

from .page import text_of

pytestmark = pytest.mark.django_db


def page_post(**changes) -> dict:
    post = {
        "title": "About us",
        "slug": "about-us",
        "summary": "Who we are.",
        "body": "<p>Words.</p>",
        "is_shown": "on",
        "position": "1",
        **changes,
    }
    return {name: value for name, value in post.items() if value is not None}


def test_a_page_is_written_cleaned_and_read(manager, client):
    body = "<h2>Who</h2><p onclick='x()'>We.</p><script>alert(1)</script>"
    assert manager.post("/admin/core/page/add/", page_post(body=body)).status_code == 302
    page = Page.objects.get()
    assert page.body == "<h2>Who</h2><p>We.</p>"
    assert "We." in client.get("/about-us/").content.decode()
    change = reverse("admin:core_page_change", args=[page.pk])
    assert "View on site" in text_of(manager.get(change))
    manager.post(change, page_post(is_shown=None))
    assert client.get("/about-us/").status_code == 404
    assert "View on site" not in text_of(manager.get(change))


@pytest.mark.parametrize("slug", ["admin", "consult", "articles", "locations", "questions"])
def test_a_page_cannot_take_an_address_that_is_taken(manager, slug):
    response = manager.post("/admin/core/page/add/", page_post(slug=slug))
    assert f"/{slug}/ belongs to another part of the site." in text_of(response)
    assert not Page.objects.exists()


@pytest.mark.parametrize("bad", ["a\0b", "x" * 5000, "two words", ""])
def test_a_bad_slug_is_refused_beside_the_field(manager, bad):
    response = manager.post("/admin/core/page/add/", page_post(slug=bad))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["slug"]


def test_a_text_is_changed_in_its_place_and_never_goes_away(manager):
    text = SiteText.objects.create(key="crisis", heading="Old", body="<p>Old.</p>")
    path = reverse("admin:core_sitetext_change", args=[text.pk])
    manager.post(path, {"key": "other", "heading": "New", "body": "<p>New.</p>"})
    text.refresh_from_db()
    assert (text.key, text.heading, text.body) == ("crisis", "New", "<p>New.</p>")
    assert manager.get("/admin/core/sitetext/add/").status_code == 403
    assert manager.post(f"/admin/core/sitetext/{text.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_clinic_is_one_row(manager):
    post = {"name": "The Clinic", "phone": "(205) 555-0100"}
    assert manager.post("/admin/core/clinicidentity/add/", post).status_code == 302
    assert ClinicIdentity.load().phone_link == "tel:+1-205-555-0100"
    assert manager.get("/admin/core/clinicidentity/add/").status_code == 403
    assert manager.post("/admin/core/clinicidentity/1/delete/", {"post": "yes"}).status_code == 403
    response = manager.post("/admin/core/clinicidentity/1/change/", {**post, "phone": "call us"})
    assert list(response.context["adminform"].form.errors) == ["phone"]
    assert 'value="call us"' in response.content.decode()


def test_a_consent_wording_is_added_and_never_edited(manager):
    old = make_consent_text("contact", "Old words.")
    post = {"purpose": "contact", "body": "New words."}
    assert manager.post("/admin/consults/consenttext/add/", post).status_code == 302
    assert ConsentText.current("contact").body == "New words."
    path = reverse("admin:consults_consenttext_change", args=[old.pk])
    assert "Old words." in text_of(manager.get(path))
    assert manager.post(path, {**post, "body": "Edited."}).status_code == 403
    assert manager.post(f"/admin/consults/consenttext/{old.pk}/delete/", {"post": "yes"}).status_code == 403
    html = manager.get("/admin/consults/consenttext/").content.decode()
    assert html.index("New words.") < html.index("icon-yes") < html.index("Old words.") < html.index("icon-no")


def make_records() -> list:
    now = timezone.now()
    return [
        AuditEntry.record(action="request-viewed", subject="consult:AAAABBBB", now=now),
        JobRun.objects.create(name="digest", period="2026-11-25", started_at=now),
    ]


def test_records_can_be_looked_at_and_not_touched(manager):
    for record in make_records():
        base = f"/admin/{record._meta.app_label}/{record._meta.model_name}/"
        assert manager.get(base).status_code == 200
        assert manager.get(base, {"q": "digest"}).status_code == 200
        assert manager.get(f"{base}{record.pk}/change/").status_code == 200
        assert manager.post(f"{base}{record.pk}/change/", {}).status_code == 403
        assert manager.get(f"{base}add/").status_code == 403
        assert manager.post(f"{base}{record.pk}/delete/", {"post": "yes"}).status_code == 403
        manager.post(base, {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"})
        assert type(record).objects.filter(pk=record.pk).exists()


def test_a_deleted_account_leaves_its_audit_entries(manager):
    person = User.objects.create_user("gone", is_staff=True)
    AuditEntry.record(action="request-viewed", subject="consult:AAAABBBB", now=timezone.now(), actor=person)
    manager.post(reverse("admin:auth_user_delete", args=[person.pk]), {"post": "yes"})
    assert not User.objects.filter(username="gone").exists()
    assert "gone" in text_of(manager.get("/admin/core/auditentry/"))


@pytest.mark.parametrize("model", ["page", "sitetext", "picture", "clinicidentity", "outboxmessage", "auditentry"])
def test_lists_survive_a_nul_byte_in_the_search_box(manager, model):
    assert manager.get(f"/admin/core/{model}/", {"q": "a\0b"}).status_code == 200
