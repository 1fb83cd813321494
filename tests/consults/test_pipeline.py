import pytest
from django.contrib.auth.models import User

from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.intake import receive_consult
from consults.models import Activity, ConsultRequest, Recipient
from consults.pipeline import NotPossible, confirm_spam, note_outcome, possible_outcomes, release
from consults.spam import Client
from tests.factories.posts import NOW, make_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return User.objects.create_user("desk", is_staff=True)


def make_waiting(**client) -> ConsultRequest:
    return receive_consult(answers=make_answers(), source="consult", client=Client(**client), now=NOW).request


@pytest.mark.parametrize(
    ("kind", "stage", "was_contacted"),
    [
        ("reached", "in_touch", True),
        ("left_message", "waiting", True),
        ("no_answer", "waiting", False),
        ("booked", "booked", True),
        ("not_a_fit", "closed", True),
        ("wrong_number", "closed", False),
        ("duplicate", "closed", False),
    ],
)
def test_an_outcome_moves_the_request_and_is_logged(desk, kind, stage, was_contacted):
    request = make_waiting()
    note_outcome(request=request, kind=kind, actor=desk, now=NOW)
    request.refresh_from_db()
    assert request.stage == stage
    assert (request.first_contact_at == NOW) is was_contacted
    activity = request.activities.order_by("pk").last()
    assert (activity.kind, activity.actor, activity.actor_name) == (kind, desk, "desk")
    assert AuditEntry.objects.filter(action=f"request-{kind.replace('_', '-')}", actor=desk).count() == 1


def test_the_first_contact_is_the_first(desk):
    request = make_waiting()
    note_outcome(request=request, kind="reached", actor=desk, now=NOW)
    later = NOW.replace(hour=20)
    note_outcome(request=request, kind="booked", actor=desk, now=later)
    request.refresh_from_db()
    assert request.first_contact_at == NOW


def test_a_closed_request_can_only_be_reopened(desk):
    request = make_waiting()
    note_outcome(request=request, kind="not_a_fit", actor=desk, now=NOW)
    request.refresh_from_db()
    assert possible_outcomes(request) == ["reopened"]
    with pytest.raises(NotPossible):
        note_outcome(request=request, kind="booked", actor=desk, now=NOW)
    note_outcome(request=request, kind="reopened", actor=desk, now=NOW)
    assert ConsultRequest.objects.waiting().get() == request


def test_a_quarantined_request_can_only_be_released_or_confirmed(desk):
    request = make_waiting(trap="x")
    assert possible_outcomes(request) == []
    with pytest.raises(NotPossible):
        note_outcome(request=request, kind="reached", actor=desk, now=NOW)


def test_released_requests_wait_and_staff_are_told(desk):
    Recipient.objects.create(verified_at=NOW, email="desk@clinic.example")
    request = make_waiting(trap="x")
    assert not OutboxMessage.objects.exists()
    release(request=request, actor=desk, now=NOW)
    assert OutboxMessage.objects.count() == 1
    assert ConsultRequest.objects.waiting().get() == request
    with pytest.raises(NotPossible):
        release(request=request, actor=desk, now=NOW)
    assert OutboxMessage.objects.count() == 1


def test_confirmed_spam_can_still_be_released(desk):
    request = make_waiting(trap="x")
    confirm_spam(request=request, actor=desk, now=NOW)
    assert not ConsultRequest.objects.quarantined().exists()
    release(request=request, actor=desk, now=NOW)
    assert ConsultRequest.objects.waiting().exists()


def test_activities_are_never_changed():
    make_waiting()
    with pytest.raises(TypeError):
        Activity.objects.get().save()
