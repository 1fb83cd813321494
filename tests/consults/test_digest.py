"""The daily mail: numbers alone, to each recipient those of their clinic."""

from datetime import timedelta

import pytest

from clinic_site.core.models import ClinicIdentity, JobRun, OutboxMessage
from consults import digest as module
from consults.digest import queue_digest
from consults.models import ConsultRequest
from tests.factories.consults import make_quarantined_request, make_recipient, make_request
from tests.factories.locations import make_location
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def digests() -> dict[str, str]:
    queue_digest(now=NOW)
    return {mail.to_address: mail.body for mail in OutboxMessage.objects.filter(kind="digest").order_by("pk")}


def digest() -> str:
    """The only digest there is."""
    (body,) = digests().values()
    return body


@pytest.fixture
def everybody():
    return make_recipient("desk@clinic.example")


def test_a07_the_digest_counts_what_came_what_waits_and_what_was_set_aside(everybody):
    make_request(now=NOW - 2 * HOUR)
    make_request(now=NOW - 30 * HOUR)
    reached = make_request(now=NOW - 40 * HOUR)
    ConsultRequest.objects.filter(pk=reached.pk).update(stage="in_touch", first_contact_at=NOW - HOUR)
    test = make_request(now=NOW - HOUR)
    ConsultRequest.objects.filter(pk=test.pk).update(is_test=True)
    for days in (1, 22, 23, 29):
        make_quarantined_request(now=NOW - days * DAY)
    body = digest()
    assert "New in the last 24 hours: 1\n" in body
    assert "Answered in the last 24 hours: 1\n" in body
    assert "Waiting: 2 (the oldest since Tuesday, November 24, 03:10)\n" in body
    assert "possible spam, to look through: 4 (2 of them are deleted within a week)\n" in body
    assert "Mails that could not be sent: 0\n" in body


def test_every_verified_active_recipient_gets_one_digest_even_on_a_day_without_requests(everybody):
    birmingham = make_location()
    make_recipient("DESK@clinic.example", location=birmingham)
    make_recipient("manager@clinic.example")
    make_recipient("left@clinic.example", is_active=False)
    make_recipient("unproven@clinic.example", verified_at=None)
    bodies = digests()
    assert list(bodies) == ["desk@clinic.example", "manager@clinic.example"]
    assert "New in the last 24 hours: 0\n" in bodies["desk@clinic.example"]


def test_a_clinics_recipient_gets_its_counts_and_those_of_people_who_were_not_sure(everybody):
    birmingham, auburn = make_location(position=1), make_location(name="Auburn", position=2)
    make_recipient("birmingham@clinic.example", location=birmingham)
    for location, number in ((birmingham, 1), (auburn, 2), (None, 4)):
        [make_request(location=location, now=NOW - HOUR) for _ in range(number)]
    bodies = digests()
    assert "New in the last 24 hours: 7\n" in bodies["desk@clinic.example"]
    lines = [line for line in bodies["desk@clinic.example"].splitlines() if " answered, waiting" in line]
    assert [line.split(",")[0] for line in lines] == [
        "Birmingham: 1 new",
        "Auburn: 2 new",
        "Not sure which clinic: 4 new",
    ]
    assert "waiting: 2 (the oldest since Wednesday, November 25, 08:10)" in lines[1]
    assert "New in the last 24 hours: 5\n" in bodies["birmingham@clinic.example"]
    assert "Auburn" not in bodies["birmingham@clinic.example"]


def test_broken_promises_are_counted_once_and_only_while_something_is_promised(everybody):
    assert "Promises" not in digest()
    OutboxMessage.objects.all().delete()
    ClinicIdentity(name="The clinic", answer_within_hours=4).save()
    for fields in (
        {"escalated_at": NOW - HOUR},  # still waits
        {"escalated_at": NOW - HOUR, "first_contact_at": NOW, "answered_minutes": 300},
        {"first_contact_at": NOW - HOUR, "answered_minutes": 240},  # answered late, at night
        {"first_contact_at": NOW - HOUR, "answered_minutes": 239},  # in time
        {"escalated_at": NOW - 2 * DAY, "first_contact_at": NOW - HOUR, "answered_minutes": 900},  # told of before
    ):
        ConsultRequest.objects.filter(pk=make_request(now=NOW - 3 * DAY).pk).update(**fields)
    assert "Promises broken in the last 24 hours: 3\n" in digest()


def test_the_backup_and_the_daily_test_have_an_age(everybody):
    assert "Last backup: none recorded\nLast daily test: none yet\n" in digest()
    OutboxMessage.objects.all().delete()
    for hours, error in ((7, ""), (3, "OSError")):
        at = NOW - hours * HOUR
        JobRun.objects.create(name="backup", period=str(hours), started_at=at, finished_at=at, error=error)
    ConsultRequest.objects.filter(pk=make_request(now=NOW - HOUR).pk).update(is_test=True)
    assert (
        "Last backup: 7 hours ago\n"
        "The backup of Wednesday, 6:10 AM failed: an unexpected fault, see the worker’s log.\n"
        "Last daily test: came through 1 hour ago\n"
    ) in digest()


def test_a_test_that_failed_is_told(everybody):
    JobRun.objects.create(name="daily-test", period="x", started_at=NOW - HOUR, finished_at=NOW, error="NoAnswer")
    assert "Daily test: The test request of Wednesday, 8:10 AM failed: the site did not answer" in digest()


def test_the_digest_names_nobody(everybody):
    request = make_request(now=NOW - HOUR, name="Dana Whitfield", location=make_location())
    body = digest()
    for value in ("Dana", "Whitfield", "555", "mail.example", request.reference, request.spoken_reference):
        assert value not in body


def test_a_digest_that_fails_half_way_is_queued_for_nobody(everybody, monkeypatch):
    make_recipient("manager@clinic.example")
    queue = module.queue_mail
    monkeypatch.setattr(
        module, "queue_mail", lambda **mail: queue(**mail) if mail["to_address"].startswith("desk") else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        queue_digest(now=NOW)
    assert not OutboxMessage.objects.filter(kind="digest").exists()


@pytest.mark.parametrize("clinics", [1, 5])
def test_counting_takes_as_many_queries_for_many_clinics(everybody, clinics, django_assert_num_queries):
    for number in range(clinics):
        make_request(location=make_location(name=f"Clinic {number}"))
    with django_assert_num_queries(21):
        queue_digest(now=NOW)
