"""What is deleted, when exactly, and what stays of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.worker_jobs import PERIODIC_JOBS
from consults import retention
from consults.models import Activity, Consent, ConsultRequest, OpenedRequest
from consults.pipeline import confirm_spam, note_outcome, release
from consults.retention import change_rules, expire, forecast, open_for_long, rules, time_ago
from tests.factories.consults import (
    make_consent_text,
    make_front_desk,
    make_mail,
    make_quarantined_request,
    make_recipient,
    make_request,
)
from tests.factories.posts import NOW

ALABAMA = ZoneInfo("America/Chicago")


def local(*moment: int, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=ALABAMA, fold=fold)


@pytest.mark.parametrize(
    ("now", "kept_for", "expected"),
    [
        (local(2026, 11, 25, 9, 10), {"months": 12}, local(2025, 11, 25, 9, 10)),
        (local(2026, 1, 15, 9), {"months": 1}, local(2025, 12, 15, 9)),
        (local(2026, 12, 1, 9), {"months": 12}, local(2025, 12, 1, 9)),
        # The leap day: a year after it is the first of March, for nobody's year is shorter than a year.
        (local(2029, 2, 28, 23, 59), {"months": 12}, local(2028, 2, 28, 23, 59)),
        (local(2029, 3, 1, 0, 0), {"months": 12}, local(2028, 3, 1, 0, 0)),
        (local(2028, 2, 29, 9), {"months": 12}, local(2027, 2, 28, 9)),
        (local(2027, 3, 31, 9), {"months": 1}, local(2027, 2, 28, 9)),
        (local(2036, 11, 25, 9), {"months": 120}, local(2026, 11, 25, 9)),
        # Over a change of the clocks it is the time on the wall that counts, not 24 hours each.
        (local(2026, 3, 9, 9), {"days": 1}, local(2026, 3, 8, 9)),
        (local(2026, 3, 20, 0, 0), {"days": 30}, local(2026, 2, 18, 0, 0)),
        (local(2026, 11, 2, 9), {"days": 1}, local(2026, 11, 1, 9)),
        # 2:30 was skipped on March 8, and 1:30 came twice on November 1: the earlier reading.
        (local(2026, 4, 8, 2, 30), {"months": 1}, datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        (local(2026, 12, 1, 1, 30), {"months": 1}, local(2026, 11, 1, 1, 30, fold=0)),
        (local(2026, 11, 1, 1, 30, fold=1), {"days": 1}, local(2026, 10, 31, 1, 30)),
    ],
)
def test_time_is_counted_by_the_clinics_calendar(now, kept_for, expected):
    # The time is passed in as the worker has it, in UTC.
    assert time_ago(now=now.astimezone(UTC), **kept_for) == expected.astimezone(UTC)


def finished(at: datetime, kind: str = "booked") -> ConsultRequest:
    request = make_request(now=at - timedelta(days=3))
    note_outcome(request=request, kind=kind, actor=None, now=at)
    return request


def left() -> set[int]:
    return set(ConsultRequest.objects.values_list("pk", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["booked", "not_a_fit"])
def test_a_finished_request_goes_after_its_months_to_the_minute(kind):
    request = finished(local(2026, 2, 28, 23, 59), kind)
    expire(now=local(2027, 2, 28, 23, 58))
    assert left() == {request.pk}
    expire(now=local(2027, 2, 28, 23, 59))
    assert left() == set()


@pytest.mark.django_db
def test_one_that_ended_on_a_leap_day_stays_a_whole_year():
    request = finished(local(2028, 2, 29, 0, 0))
    expire(now=local(2029, 2, 28, 23, 59, 59))
    assert left() == {request.pk}
    expire(now=local(2029, 3, 1, 0, 0))
    assert left() == set()


@pytest.mark.django_db
def test_spam_goes_thirty_days_after_it_last_came_and_over_a_change_of_the_clocks():
    came = local(2026, 2, 20, 3, 0)
    suspected, confirmed, released = (make_quarantined_request(now=came) for _ in range(3))
    confirm_spam(request=confirmed, actor=None, now=came)
    release(request=released, actor=None, now=came)
    again = make_quarantined_request(now=came, phone="tel:+1-205-555-0199", phone_as_typed="1")
    make_quarantined_request(now=came + timedelta(days=1), phone="tel:+1-205-555-0199", phone_as_typed="1")
    expire(now=local(2026, 3, 22, 2, 59))
    assert left() == {suspected.pk, confirmed.pk, released.pk, again.pk}
    expire(now=local(2026, 3, 22, 3, 0))
    assert left() == {released.pk, again.pk}
    expire(now=local(2026, 3, 23, 3, 0))
    assert left() == {released.pk}


@pytest.mark.django_db
def test_a_test_goes_after_a_day():
    probe = make_request(now=NOW)
    ConsultRequest.objects.filter(pk=probe.pk).update(is_test=True)
    expire(now=NOW + timedelta(days=1, seconds=-1))
    assert left() == {probe.pk}
    expire(now=NOW + timedelta(days=1))
    assert left() == set()


@pytest.mark.django_db
def test_an_open_request_never_goes_by_itself_and_is_named_instead():
    waiting, in_touch, young = make_request(now=NOW), make_request(now=NOW), make_request(now=NOW + timedelta(days=2))
    note_outcome(request=in_touch, kind="reached", actor=None, now=NOW)
    reopened = finished(NOW)
    note_outcome(request=reopened, kind="reopened", actor=None, now=NOW)
    expire(now=NOW + timedelta(days=3660))
    assert left() == {waiting.pk, in_touch.pk, young.pk, reopened.pk}
    assert open_for_long(now=NOW + timedelta(days=365)) == {"waiting": 2, "in_touch": 1}
    assert open_for_long(now=NOW + timedelta(days=364)) == {"waiting": 0, "in_touch": 0}


@pytest.mark.django_db
def test_everything_about_it_goes_and_one_audit_entry_stays():
    make_recipient()
    make_consent_text()
    user = make_front_desk(username="desk")
    request, other = finished(NOW), finished(NOW + timedelta(days=9))
    for each in (request, other):
        OpenedRequest.objects.create(request=each, user=user, at=NOW)
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(ConsultRequest),
            object_id=str(each.pk),
            object_repr=str(each),
            action_flag=2,
        )
    make_mail(about="digest")
    seen_before = AuditEntry.objects.count()
    expire(now=NOW + timedelta(days=365))
    assert left() == {other.pk}
    assert {row.request_id for model in (Activity, Consent, OpenedRequest) for row in model.objects.all()} == {other.pk}
    assert set(OutboxMessage.objects.values_list("about", flat=True)) == {other.subject, "digest"}
    assert LogEntry.objects.get().object_id == str(other.pk)
    (entry,) = AuditEntry.objects.order_by("pk")[seen_before:]
    assert (entry.action, entry.subject, entry.actor_name) == ("request-expired", request.subject, "")
    assert entry.detail == {"stage": "booked", "days": 368, "rule": "finished"}


@pytest.mark.django_db
def test_it_is_deleted_in_batches_and_all_of_it(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        finished(NOW)
    expire(now=NOW + timedelta(days=400))
    assert left() == set()
    assert AuditEntry.objects.filter(action="request-expired").count() == 5


@pytest.mark.django_db
def test_a_key_that_is_lost_does_not_keep_what_it_locked(settings):
    finished(NOW)
    settings.FIELD_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QhISE="]
    expire(now=NOW + timedelta(days=400))
    assert left() == set()


@pytest.mark.django_db
def test_the_preview_counts_what_the_run_deletes():
    for days in (0, 20, 29, 31):
        finished(NOW + timedelta(days=days))
    make_quarantined_request(now=NOW + timedelta(days=350))
    make_request(now=NOW)
    now = NOW + timedelta(days=365)
    seen = {row.what: (row.now, row.soon) for row in forecast(now=now, closed_months=12)}
    assert list(seen.values()) == [(0, 0), (0, 1), (1, 2)]
    assert [row.now for row in forecast(now=now, closed_months=1)] == [0, 0, 4]
    expire(now=now)
    assert [row.now for row in forecast(now=now, closed_months=12)] == [0, 0, 0]
    expire(now=now + timedelta(days=30))
    assert ConsultRequest.objects.count() == 2  # the last to end, and the open one


@pytest.mark.django_db
def test_the_clinics_own_limit_counts_and_a_change_is_noted():
    user, request = make_front_desk(username="manager"), finished(NOW)
    change_rules(closed_months=24, actor=user, now=NOW)
    expire(now=NOW + timedelta(days=700))
    assert left() == {request.pk}
    entry = AuditEntry.objects.get(action="retention-changed")
    assert (entry.actor_name, entry.detail) == ("manager", {"fields": ["closed_months"]})
    expire(now=NOW + timedelta(days=731))
    assert left() == set()


@pytest.mark.django_db
def test_what_is_due_is_only_ever_ended_or_set_aside():
    for kind in ("booked", "not_a_fit", "reached"):
        note_outcome(request=make_request(now=NOW), kind=kind, actor=None, now=NOW)
    make_request(now=NOW)
    due = [each for rule in rules(now=NOW + timedelta(days=9999), closed_months=1) for each in rule.due]
    assert len(due) == 2
    assert not any(each.is_open for each in due)


def test_the_worker_runs_it_every_night():
    job = next(job for job in PERIODIC_JOBS if job.name == "retention")
    assert job.run is expire
    assert job.period(local(2026, 11, 25, 2, 59)) is None
    assert job.period(local(2026, 11, 25, 3, 0)) == "2026-11-25"
