"""How long requests are kept: what the manager sees before a number counts."""

from datetime import timedelta

import pytest
import time_machine

from clinic_site.core.models import AuditEntry
from clinic_site.roles import EDITOR, FRONT_DESK, MANAGER, OWNER
from consults.models import ConsultRequest, RetentionRules
from consults.pipeline import note_outcome
from tests.factories.consults import make_quarantined_request, make_request, make_role
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/consults/consultrequest/retention/"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def boss(client):
    client.force_login(make_role(MANAGER, username="boss"))
    return client


def finished(days: int) -> ConsultRequest:
    request = make_request(now=NOW - timedelta(days=days + 1))
    note_outcome(request=request, kind="booked", actor=None, now=NOW - timedelta(days=days))
    return request


@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OWNER, 200), (FRONT_DESK, 403), (EDITOR, 403)])
def test_it_is_for_those_who_may_set_it_and_their_first_screen_leads_there(client, role, status):
    client.force_login(make_role(role))
    assert client.get(PAGE).status_code == status
    assert client.post(PAGE, {"closed_months": "1", "previewed": "1"}).status_code in {302, 403}
    assert RetentionRules.load().closed_months == (1 if status == 200 else 12)
    assert ("How long requests are kept" in text_of(client.get("/admin/"))) == (status == 200)


def test_it_counts_what_goes_next_and_names_what_never_goes(boss):
    finished(366), finished(340), finished(100)
    make_quarantined_request(now=NOW - timedelta(days=31))
    old = make_request(now=NOW - timedelta(days=400))
    text = text_of(boss.get(PAGE))
    assert "Spam, confirmed or only suspected 30 days 1 0" in text
    assert "Booked and closed requests 12 months after their end 1 1" in text
    assert "Waiting: 1, oldest first" in text
    (link,) = boss.get(PAGE).context["long_open"]
    assert next(iter(boss.get(link[2]).context["cl"].result_list)) == old


def test_a_new_number_is_shown_with_what_it_deletes_before_it_counts(boss):
    finished(200), finished(170)
    response = boss.post(PAGE, {"closed_months": "6", "previewed": ""})
    assert "With 6 months: 1 request would be deleted next night, and 1 in the 30 days after." in text_of(response)
    assert "Booked and closed requests 12 months after their end 0 0" in text_of(response)
    assert RetentionRules.load().closed_months == 12
    response = boss.post(PAGE, {"closed_months": "6", "previewed": "6"})
    assert messages_of(response) == ["Finished requests are now kept for: 6 months."]
    assert RetentionRules.load().closed_months == 6
    entry = AuditEntry.objects.get(action="retention-changed")
    assert (entry.actor_name, entry.detail) == ("boss", {"fields": ["closed_months"]})
    assert ConsultRequest.objects.count() == 2


def test_a_number_that_was_not_on_the_screen_does_not_count(boss):
    boss.post(PAGE, {"closed_months": "1", "previewed": "11"})
    assert RetentionRules.load().closed_months == 12


@pytest.mark.parametrize("typed", ["", "0", "121", "-1", "x", "1.5", "9" * 5000, "a\0b"])
def test_a_number_that_is_none_is_asked_for_again(boss, typed):
    response = boss.post(PAGE, {"closed_months": typed, "previewed": typed})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert "Set to: 12 months" in text_of(response)
    assert RetentionRules.load().closed_months == 12


def test_the_number_that_is_set_changes_nothing(boss):
    response = boss.post(PAGE, {"closed_months": "12", "previewed": "12"})
    assert messages_of(response) == ["Nothing was changed: that is how it is set already."]
    assert not AuditEntry.objects.filter(action="retention-changed").exists()


def test_other_methods_are_refused(boss):
    assert boss.delete(PAGE).status_code == 405
