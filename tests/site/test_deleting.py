"""Deleting somebody or something never takes requests, articles, reviews or the record with it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.utils import timezone

from articles.models import Article, Review, Topic
from clinic_site.core.models import AuditEntry
from clinic_site.roles import EDITOR, MANAGER, OWNER
from consults.models import Activity, ConsultRequest
from consults.pipeline import note_outcome
from locations.models import Clinician, Location
from tests.admin.page import text_of
from tests.factories.articles import make_article, make_review, make_topic
from tests.factories.consults import make_request, make_role
from tests.factories.locations import make_clinician, make_location

pytestmark = pytest.mark.django_db

USERS, CLINICS, TOPICS = "/admin/auth/user/", "/admin/locations/location/", "/admin/articles/topic/"


@pytest.fixture
def owner(client):
    client.user = make_role(OWNER, username="olive")
    client.force_login(client.user)
    return client


@pytest.fixture
def editor1():
    """Somebody who left marks everywhere: two articles, a review, a request with an outcome, the audit trail."""
    user = make_role(EDITOR, username="editor1")
    user.desk_clinics.add(make_location(name="Auburn"))
    articles = [make_article(owner=user), make_article(owner=user)]
    clinician = make_clinician(user=user)
    make_review(articles[0], clinician=clinician, signed_by=user)
    request = make_request(location=Location.objects.get())
    note_outcome(request=request, kind="left_message", actor=user, now=timezone.now())
    ConsultRequest.objects.update(owner=user)
    AuditEntry.record(action="request-viewed", subject=request.subject, now=timezone.now(), actor=user)
    LogEntry.objects.log_actions(user.pk, [request], 2, "Noted", single_object=True)
    return user


@pytest.fixture
def auburn_with_requests():
    auburn = make_location(name="Auburn")
    for _ in range(3):
        make_request(location=auburn)
    return auburn


def kept() -> dict[str, int]:
    models = (ConsultRequest, Article, Review, Activity, Clinician, Location, Topic)
    return {model.__name__: model.objects.count() for model in models}


def marks_of(name: str, *, account: User | None) -> tuple[int, int]:
    """How many activities and audit entries carry this name and point to this account."""
    mine = {"actor": account, "actor_name": name}
    return Activity.objects.filter(**mine).count(), AuditEntry.objects.filter(**mine).count()


def delete_in_a_shell(user: User, client) -> None:
    user.delete()


def delete_on_its_page(user: User, client) -> None:
    page = text_of(client.get(f"{USERS}{user.pk}/delete/"))
    assert "Requests, articles, reviews and the record of who did what all stay." in page
    assert "switch the account off" in page
    assert client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 302


def delete_from_the_list(user: User, client) -> None:
    data = {"action": "delete_selected", "_selected_action": [user.pk]}
    assert "editor1" in text_of(client.post(USERS, data))
    assert client.post(USERS, {**data, "post": "yes"}).status_code == 302


@pytest.mark.parametrize("delete", [delete_in_a_shell, delete_on_its_page, delete_from_the_list])
def test_a19_deleting_somebody_leaves_all_they_did_under_their_name(owner, editor1, delete):
    before, marks = kept(), marks_of("editor1", account=editor1)
    assert min(marks) >= 1
    delete(editor1, owner)
    assert not User.objects.filter(username="editor1").exists()
    assert kept() == before
    assert marks_of("editor1", account=None) == marks
    assert (Article.objects.filter(owner=None).count(), Review.objects.get().signed_by) == (2, None)
    assert (ConsultRequest.objects.get().owner, Clinician.objects.get().user) == (None, None)
    assert Review.objects.get().reviewer_name == "Robin Example, MD"
    noted = list(AuditEntry.objects.filter(action="account-deleted").values_list("subject", "actor_name"))
    assert noted == ([] if delete is delete_in_a_shell else [(f"user:{editor1.pk}", "olive")])


def test_a19_the_page_of_a_request_still_names_who_is_gone(owner, editor1):
    delete_in_a_shell(editor1, owner)
    assert "editor1" in text_of(owner.get(ConsultRequest.objects.get().get_absolute_url()))


def test_a19_nobody_but_an_owner_deletes_an_account_and_nobody_their_own(client, owner, editor1):
    me = owner.user
    assert owner.post(f"{USERS}{me.pk}/delete/", {"post": "yes"}).status_code == 403
    owner.post(USERS, {"action": "delete_selected", "_selected_action": [me.pk, editor1.pk], "post": "yes"})
    client.force_login(make_role(MANAGER))
    assert client.post(f"{USERS}{editor1.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": [editor1.pk], "post": "yes"})
    assert set(User.objects.values_list("username", flat=True)) >= {"olive", "editor1"}


def test_a19_a_clinic_is_retired_and_its_requests_go_on_naming_it(owner, auburn_with_requests):
    auburn, before = auburn_with_requests, kept()
    page = text_of(owner.get(f"{CLINICS}{auburn.pk}/delete/", follow=True))
    assert "Clinics are retired, never deleted, because requests go on naming them." in page
    owner.post(f"{CLINICS}{auburn.pk}/delete/", {"post": "yes"})
    owner.post(CLINICS, {"action": "delete_selected", "_selected_action": [auburn.pk], "post": "yes"})
    with pytest.raises(ProtectedError):
        auburn.delete()
    with pytest.raises(ProtectedError):
        Location.objects.all().delete()
    assert kept() == before
    Location.objects.update(is_active=False)
    request = ConsultRequest.objects.first()
    assert "Auburn" in text_of(owner.get(request.get_absolute_url()))


@pytest.mark.parametrize(
    "road", [(f"{TOPICS}{{}}/delete/", {"post": "yes"}), (TOPICS, {"action": "delete_selected", "post": "yes"})]
)
def test_a19_a_topic_with_articles_stays_and_the_page_says_why(owner, road):
    topic = make_topic(name="Safety")
    make_article(topic=topic, title="Is it safe")
    before, (path, data) = kept(), road
    response = owner.post(path.format(topic.pk), {**data, "_selected_action": [topic.pk]})
    text = text_of(response)
    assert response.status_code == 200
    assert "cannot" in text
    assert "be deleted, because" in text
    assert "Is it safe" in text
    assert "Nothing was changed." in text
    with pytest.raises(ProtectedError):
        topic.delete()
    assert kept() == before


def test_a19_what_was_reviewed_and_who_reviewed_stay(owner):
    review = make_review(make_article())
    before = kept()
    for path in (
        f"/admin/articles/article/{review.article_id}/delete/",
        f"/admin/locations/clinician/{review.clinician_id}/delete/",
    ):
        assert "cannot be deleted, because these need it" in text_of(owner.post(path, {"post": "yes"}))
    assert kept() == before
