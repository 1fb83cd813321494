"""What staff see first: who waits, which mails have trouble, what is missing, what is wrong."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic_site.core.models import AuditEntry, OutboxMessage, WorkerBeat
from consults.models import ConsultRequest
from consults.pipeline import note_outcome
from tests.factories.consults import (
    make_consent_text,
    make_failed_mail,
    make_mail,
    make_quarantined_request,
    make_recipient,
    make_request,
    make_staff_user,
)
from tests.factories.locations import make_location

from .page import text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
INDEX = "/admin/"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False):
        yield


# Who waits ----------------------------------------------------------------------------------------


def test_who_waits_comes_first_oldest_first_clinic_by_clinic(desk):
    auburn, birmingham = make_location(name="Auburn", position=2), make_location(name="Birmingham", position=1)
    desk.user.desk_clinics.add(auburn, birmingham)
    make_request(location=birmingham, now=NOW - timedelta(minutes=5), name="Second Person")
    make_request(location=birmingham, now=NOW - timedelta(hours=3), name="First Person")
    make_request(location=auburn, now=NOW - timedelta(days=2), name="Third Person")
    make_request(now=NOW - timedelta(minutes=1), name="Fourth Person")
    text = text_of(desk.get(INDEX))
    assert "4 people wait for an answer The longest: 2 days." in text
    told = [text.index(part) for part in ("Birmingham: 2", "First Person", "3 hours", "Second Person", "5 minutes")]
    told += [text.index(part) for part in ("Auburn: 1", "Third Person", "Either clinic: 1", "Fourth Person")]
    assert told == sorted(told)
    assert told[-1] < text.index("Everything else")


def test_one_who_waits_is_one_tap_away(desk):
    request = make_request(name="Dana Whitfield", phone="tel:+1-205-555-0142", best_time="morning", now=NOW)
    html = desk.get(INDEX).content.decode()
    assert '<a class="tap" href="tel:+1-205-555-0142"><span>Call</span> (205) 555-0142</a>' in html
    assert f'href="{request.get_absolute_url()}"' in html
    text = text_of(desk.get(INDEX))
    assert "1 person waits for an answer" in text
    assert "Dana Whitfield Do not name the clinic Call (205) 555-0142 Morning less than a minute" in text
    assert request.spoken_reference in text


def test_the_flag_is_gone_when_the_clinic_may_be_named(desk):
    make_request(may_name_clinic=True)
    assert "Do not name the clinic" not in text_of(desk.get(INDEX))


def test_nobody_who_was_reached_or_is_set_aside_is_listed(desk):
    reached = make_request(name="Reached Already")
    note_outcome(request=reached, kind="reached", actor=desk.user, now=NOW)
    make_quarantined_request(name="Maybe Spam")
    response = desk.get(INDEX)
    text = text_of(response)
    assert "Nobody is waiting" in text
    assert "Reached Already" not in text.split("answered today")[0]
    assert "Maybe Spam" not in text
    assert "1 set aside as possible spam" in text
    link = f"{reverse('admin:consults_consultrequest_changelist')}?spam_state__exact=quarantined"
    assert f'href="{link}"' in response.content.decode()
    assert desk.get(link).context["cl"].result_count == 1


def test_more_than_fifty_are_counted_and_linked(desk):
    for number in range(52):
        make_request(name=f"Person {number:02}", now=NOW - timedelta(hours=60 - number))
    text = text_of(desk.get(INDEX))
    assert "52 people wait" in text
    assert "Person 49" in text
    assert "Person 50" not in text
    assert "2 more: see all" in text


def test_showing_names_leaves_an_audit_entry_with_references_only(desk):
    first, second = make_request(now=NOW - timedelta(hours=1)), make_request(now=NOW)
    desk.get(INDEX)
    entry = AuditEntry.objects.get(action="waiting-viewed")
    assert (entry.actor, entry.detail) == (desk.user, {"requests": [first.reference, second.reference]})


def test_it_asks_the_database_as_often_for_one_as_for_twenty(desk):
    counts = []
    for number in (1, 19):
        for _ in range(number):
            make_request(location=None)
            make_failed_mail()
        with CaptureQueriesContext(connection) as queries:
            desk.get(INDEX)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_staff_without_the_permission_see_nothing_of_requests(editor):
    request = make_request(name="Dana Whitfield", location=make_location())
    make_quarantined_request()
    text = text_of(editor.get(INDEX))
    for word in ("Dana", "0142", request.spoken_reference, "wait for an answer", "spam", "did not go out", "recipient"):
        assert word not in text
    assert not AuditEntry.objects.filter(action="waiting-viewed").exists()
    assert "Everything else" in text


def test_the_pages_of_the_apps_stay_as_they_are(manager):
    make_request(name="Dana Whitfield")
    response = manager.get("/admin/consults/")
    assert response.status_code == 200
    assert "Recipients" in text_of(response)
    assert "Dana Whitfield" not in text_of(response)


def test_nobody_is_let_in_without_signing_in(client):
    make_request()
    response = client.get(INDEX)
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")
    assert "Warning" not in client.get("/admin/login/").content.decode()


# Mails --------------------------------------------------------------------------------------------


def test_mails_with_trouble_are_shown_with_what_the_server_said(manager):
    make_failed_mail(subject="New request AAAA-BBBB for Auburn", error="550 the mail server refused this address")
    make_mail(
        subject="Will be tried again",
        last_error="The mail server stopped answering",
        attempt=2,
        due_at=NOW + timedelta(minutes=30),
    )
    make_mail(subject="Never tried")
    make_mail(subject="Gone out", state="sent", sent_at=NOW)
    text = text_of(manager.get(INDEX))
    assert "2 mails did not go out" in text
    assert "Given up. The last answer: 550 the mail server refused this address Send again" in text
    assert (
        "tried 2 times. The last answer: The mail server stopped answering. The next try: Nov. 25, 2026, 12:30" in text
    )
    for word in ("Never tried", "Gone out"):
        assert word not in text


def test_of_very_many_mails_with_trouble_the_newest_are_shown_and_all_are_counted(manager):
    for number in range(23):
        make_failed_mail(subject=f"Mail number {number}.", created_at=NOW + timedelta(minutes=number))
    text = text_of(manager.get(INDEX))
    assert "23 mails did not go out" in text
    assert text.count("Mail number") == 20
    assert "Mail number 22." in text
    assert "Mail number 2." not in text
    assert "These are the newest 20. The others come into view as these are sent." in text


def test_the_list_of_mails_is_the_same_as_the_property(db):
    from clinic_site.core.dashboard import mails_with_trouble

    for state in OutboxMessage.State.values:
        for error in ("", "550 refused"):
            lease = NOW if state == "sending" else None
            make_mail(state=state, last_error=error, lease_until=lease, sent_at=NOW if state == "sent" else None)
    expected = {mail.pk for mail in OutboxMessage.objects.all() if mail.has_trouble}
    assert {mail.pk for mail in mails_with_trouble()} == expected
    assert len(expected) == 4


def test_a_person_s_address_is_never_shown(manager):
    make_failed_mail(kind="confirmation", to_address="dana@mail.example", subject="We have your request")
    text = text_of(manager.get(INDEX))
    assert "to the person who asked" in text
    assert "dana@mail.example" not in text


# Warnings -----------------------------------------------------------------------------------------

WARNED_PAGES = [INDEX, "/admin/consults/", "/admin/consults/consultrequest/", "/admin/password_change/"]


@pytest.mark.parametrize("page", WARNED_PAGES)
def test_without_a_mail_server_every_page_says_so(manager, settings, page):
    settings.MAIL_IS_CONFIGURED = False
    assert "Mails are written to var/mail, not sent" in text_of(manager.get(page))
    settings.MAIL_IS_CONFIGURED = True
    assert "var/mail" not in text_of(manager.get(page))


@pytest.mark.parametrize("page", WARNED_PAGES)
def test_when_no_worker_was_seen_for_two_minutes_every_page_says_so(manager, page):
    assert "has not been seen yet" in text_of(manager.get(page))
    beat = WorkerBeat.objects.create(host="test", seen_at=NOW - timedelta(seconds=119))
    assert "worker" not in text_of(manager.get(page))
    beat.seen_at = NOW - timedelta(seconds=120)
    beat.save()
    assert "has not been seen since November 25, 11:58 AM" in text_of(manager.get(page))


@pytest.mark.parametrize("page", WARNED_PAGES)
def test_requests_that_reach_nobody_are_shouted_about(manager, page):
    auburn = make_location(name="Auburn")
    make_location(name="Birmingham")
    make_request(location=auburn)
    text = text_of(manager.get(page))
    assert "Nobody has been told of 1 request: no recipient was set." in text
    assert "Nobody is told about requests for Auburn and Birmingham. Add a recipient" in text
    make_recipient()
    text = text_of(manager.get(page))
    assert "Nobody has been told of 1 request: no recipient was set. Send their mails" in text
    assert "Nobody is told about" not in text
    OutboxMessage.objects.all().delete()
    assert "recipient" not in text_of(manager.get(INDEX)).split("Missing before launch")[0]


def test_a_recipient_who_gets_no_mail_counts_as_nobody(desk):
    make_recipient(location=make_location(name="Auburn"), is_active=False)
    assert "Nobody is told about requests for Auburn." in text_of(desk.get(INDEX))


def test_a_clinic_that_is_closed_to_requests_needs_no_recipient(desk):
    make_location(name="Auburn", is_active=False)
    assert "Nobody is told about requests" not in text_of(desk.get(INDEX))


# Before launch ------------------------------------------------------------------------------------


def test_what_is_missing_is_gathered_from_every_app_urgent_things_first(manager):
    make_location(name="Auburn")
    text = text_of(manager.get(INDEX))
    missing = text[text.index("Missing before launch") : text.index("Everything else")]
    for item in (
        "The clinic’s phone number is empty.",
        "The address of the site (SITE_URL) does not begin with https.",
        "Nobody is named for reports of security faults (SECURITY_CONTACT)",
        "Auburn: nobody is told about new requests.",
        "No mail server is set (EMAIL_URL)",
        "The worker that sends mails is not running.",
        "The consult form has no consent wording for: being contacted about the request.",
        "Auburn: no opening hours",
        "No article is published.",
    ):
        assert item in missing
    assert missing.rindex("Urgent:") < missing.index("Auburn: no opening hours")


def test_what_was_done_is_no_longer_missing(manager, worker, settings):
    settings.MAIL_IS_CONFIGURED = settings.SITE_IS_SECURE = True
    settings.SECURITY_CONTACT = "mailto:security@clinic.example"
    make_recipient(location=make_location(name="Auburn"))
    make_consent_text("contact")
    make_consent_text("voicemail")
    make_consent_text("text")
    text = text_of(manager.get(INDEX, secure=True))
    missing = text[text.index("Missing before launch") : text.index("Everything else")]
    for word in ("https", "SECURITY_CONTACT", "nobody is told", "EMAIL_URL", "worker", "consent"):
        assert word not in missing


def test_staff_are_shown_only_what_they_can_mend(client, editor):
    assert "No article is published." in text_of(editor.get(INDEX))
    assert "phone number is empty" not in text_of(editor.get(INDEX))
    client.force_login(make_staff_user("consults.view_consultrequest"))
    assert "Missing before launch" not in text_of(client.get(INDEX))


# The rest -----------------------------------------------------------------------------------------


def test_recent_actions_come_last(desk):
    request = make_request()
    desk.post(reverse("admin:consults_outcome", args=[request.pk]), {"kind": "booked"})
    text = text_of(desk.get(INDEX))
    assert text.index("Everything else") < text.index("What you did lately")
    assert f"Request {request.spoken_reference} Noted: booked." in text
    assert ConsultRequest.objects.get().stage == "booked"
