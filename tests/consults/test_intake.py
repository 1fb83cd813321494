"""Receiving a request: stored once with everything that belongs to it, or not at all."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from clinic_site.core.models import AuditEntry, OutboxMessage
from consults import intake
from consults.forms import ConsultForm
from consults.intake import receive_consult
from consults.models import Activity, Consent, ConsentText, ConsultRequest, Recipient, SourceCount
from consults.notifications import NO_RECIPIENTS, route_again
from consults.spam import Client
from tests.factories.locations import make_location
from tests.factories.posts import NOW, make_answers, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def birmingham():
    return make_location(name="Birmingham")


@pytest.fixture
def desk(birmingham):
    return Recipient.objects.create(verified_at=NOW, email="desk@clinic.example", location=birmingham)


def receive(now=NOW, client=None, **answers):
    return receive_consult(answers=make_answers(**answers), source="consult", client=client or Client(), now=now)


def test_one_transaction_writes_request_consent_mail_and_audit(birmingham, desk):
    contact = ConsentText.objects.create(purpose="contact", body="We contact you.", created_at=NOW)
    receipt = receive(location=birmingham)
    request = ConsultRequest.objects.get()
    assert receipt.request == request
    assert not receipt.is_repeat
    assert (request.name, request.phone, request.stage) == ("Dana Whitfield", "tel:+1-205-555-0142", "waiting")
    assert [(consent.text, consent.is_given) for consent in Consent.objects.all()] == [(contact, True)]
    assert list(request.activities.values_list("kind", flat=True)) == ["received"]
    mail = OutboxMessage.objects.get()
    assert (mail.to_address, mail.about, mail.state) == ("desk@clinic.example", request.subject, "queued")
    assert list(AuditEntry.objects.values_list("action", "subject")) == [("request-received", request.subject)]


def test_references_are_eight_speakable_characters():
    request = receive().request
    assert len(request.reference) == 8
    assert not set(request.reference) & set("IOQZ01")
    assert request.spoken_reference == f"{request.reference[:4]}-{request.reference[4:]}"


def test_a_reference_that_is_taken_is_drawn_again(monkeypatch):
    drawn = iter(["AAAABBBB", "AAAABBBB", "CCCCDDDD"])
    monkeypatch.setattr(intake, "new_reference", lambda: next(drawn))
    first, second = receive(), receive(name="Robin Whitfield")
    assert [first.request.reference, second.request.reference] == ["AAAABBBB", "CCCCDDDD"]
    assert set(ConsultRequest.objects.values_list("name", flat=True)) == {"Dana Whitfield", "Robin Whitfield"}
    assert AuditEntry.objects.count() == Activity.objects.count() == 2


def test_personal_fields_are_unreadable_in_the_database():
    receive(note="please call after lunch")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM consults_consultrequest")
        row = " ".join(map(str, cursor.fetchone()))
    for value in ("Dana", "Whitfield", "555-0142", "5550142", "mail.example", "lunch"):
        assert value not in row


@pytest.mark.parametrize("part", ["queue_staff_mails", "_keep_consents", "count_one_more", "AuditEntry.record"])
def test_when_any_part_fails_nothing_is_stored(part, monkeypatch, desk):
    def fail(*args, **kwargs):
        raise RuntimeError

    owner, _, name = part.rpartition(".")
    monkeypatch.setattr(getattr(intake, owner) if owner else intake, name, fail)
    with pytest.raises(RuntimeError):
        receive_consult(answers=make_answers(), source="consult", page="/consult/", client=Client(), now=NOW)
    for model in (ConsultRequest, Activity, Consent, OutboxMessage, AuditEntry):
        assert not model.objects.exists()


def test_a02_the_same_again_within_15_minutes_is_the_same_request(desk, birmingham):
    first = receive(location=birmingham)
    again = receive(location=birmingham, now=NOW + timedelta(minutes=14, seconds=59))
    assert again.request.reference == first.request.reference
    assert again.is_repeat
    assert ConsultRequest.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_a_phone_typed_another_way_is_still_the_same(desk):
    receive()
    assert receive(phone_as_typed="(205) 555-0142", email="DANA@mail.example").is_repeat


def test_the_same_later_is_noted_as_asked_again_and_staff_are_told(desk, birmingham):
    first = receive(location=birmingham)
    ConsultRequest.objects.update(stage=ConsultRequest.Stage.CLOSED, finished_at=NOW)
    again = receive(location=birmingham, now=NOW + timedelta(minutes=15))
    assert again.request.pk == first.request.pk
    request = ConsultRequest.objects.get()
    assert request.stage == ConsultRequest.Stage.WAITING
    assert list(request.activities.order_by("pk").values_list("kind", flat=True)) == ["received", "asked_again"]
    subjects = list(OutboxMessage.objects.order_by("pk").values_list("subject", flat=True))
    assert subjects == [
        f"New request {request.spoken_reference} for Birmingham",
        f"Asked again {request.spoken_reference} for Birmingham",
    ]
    receive(location=birmingham, now=NOW + timedelta(minutes=29))  # a second click on the repeat
    assert OutboxMessage.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"name": "Dana W"}, {"phone": "tel:+1-205-555-0143"}, {"contact_by": "text"}, {"may_name_clinic": True}]
)
def test_different_answers_are_always_a_new_request(change):
    receive()
    assert not receive(**change).is_repeat
    assert ConsultRequest.objects.count() == 2


def test_a_repeat_of_confirmed_spam_is_looked_at_once_more():
    receive()
    ConsultRequest.objects.update(spam_state=ConsultRequest.SpamState.CONFIRMED)
    receive(now=NOW + timedelta(hours=1))
    assert ConsultRequest.objects.quarantined().count() == 1


def test_a07_a_suspect_is_stored_with_its_reasons_and_told_to_nobody(desk):
    receive(client=Client(trap="35216"), contact_by="email")
    request = ConsultRequest.objects.get()
    assert (request.spam_state, request.spam_reasons) == ("quarantined", ["trap"])
    assert not OutboxMessage.objects.exists()
    assert not ConsultRequest.objects.waiting().exists()


def test_routing_goes_to_the_clinic_and_to_those_who_get_every_request(birmingham):
    auburn = make_location(name="Auburn")
    for email, location, is_active in [
        ("b@clinic.example", birmingham, True),
        ("a@clinic.example", auburn, True),
        ("all@clinic.example", None, True),
        ("left@clinic.example", birmingham, False),
        ("B@clinic.example", None, True),  # the same person, told once
    ]:
        Recipient.objects.create(verified_at=NOW, email=email, location=location, is_active=is_active)

    def told(location, name):
        OutboxMessage.objects.all().delete()
        receive(location=location, name=name)
        return sorted(mail.to_address.lower() for mail in OutboxMessage.objects.all())

    assert told(birmingham, "One") == ["all@clinic.example", "b@clinic.example"]
    assert told(auburn, "Two") == ["a@clinic.example", "all@clinic.example", "b@clinic.example"]
    assert told(None, "Three") == ["a@clinic.example", "all@clinic.example", "b@clinic.example"]


def test_a08_with_nobody_to_tell_the_request_is_stored_and_the_fault_is_loud(birmingham):
    request = receive(location=birmingham).request
    mail = OutboxMessage.objects.get()
    assert (mail.state, mail.last_error, mail.about) == ("failed", NO_RECIPIENTS, request.subject)
    assert not route_again(mail, now=NOW)
    Recipient.objects.create(verified_at=NOW, email="desk@clinic.example")
    assert route_again(mail, now=NOW)
    mail = OutboxMessage.objects.get()
    assert (mail.state, mail.to_address) == ("queued", "desk@clinic.example")


def test_staff_mail_names_nobody(desk, birmingham):
    receive(location=birmingham, note="please call after lunch")
    mail = OutboxMessage.objects.get()
    for value in ("Dana", "Whitfield", "555-0142", "5550142", "dana@mail.example", "lunch", "ketamine"):
        assert value.lower() not in (mail.subject + mail.body).lower()
    assert "http://clinic.example/admin/consults/consultrequest/" in mail.body


def test_a11_a_confirmation_holds_nothing_that_was_typed_and_comes_once_a_day(desk):
    receive(contact_by="email", name="Claim Prize", note="buy now")
    mail = OutboxMessage.objects.get(kind="confirmation")
    assert mail.to_address == "dana@mail.example"
    assert mail.subject == "We have your request"
    for value in ("Claim", "Prize", "buy", "ketamine"):
        assert value.lower() not in (mail.subject + mail.body).lower()
    receive(contact_by="email", name="Somebody Else", now=NOW + timedelta(hours=23))
    assert OutboxMessage.objects.filter(kind="confirmation").count() == 1
    receive(contact_by="email", name="A Third", now=NOW + timedelta(hours=48))
    assert OutboxMessage.objects.filter(kind="confirmation").count() == 2


def test_a11_one_place_cannot_send_confirmations_to_many_strangers(desk):
    for number in range(20):
        receive(
            contact_by="email",
            email=f"victim{number}@other.example",
            name=f"Person {'abcdefghijklmnopqrst'[number]}",
            client=Client(client_hash="one-place"),
            now=NOW + timedelta(seconds=number * 3),
        )
    assert OutboxMessage.objects.filter(kind="confirmation").count() == 5
    assert ConsultRequest.objects.count() == 20


def test_nobody_is_confirmed_who_chose_a_call(desk):
    receive(contact_by="call")
    assert not OutboxMessage.objects.filter(kind="confirmation").exists()


def test_the_page_is_counted_by_day_and_never_kept_with_the_request():
    for name in ("One", "Two"):
        receive_consult(
            answers=make_answers(name=name), source="article", page="/articles/x/", client=Client(), now=NOW
        )
    assert list(SourceCount.objects.values_list("path", "requests")) == [("/articles/x/", 2)]
    assert set(ConsultRequest.objects.values_list("source", flat=True)) == {"article"}


def test_the_wording_shown_is_kept_even_when_a_newer_one_exists():
    shown = ConsentText.objects.create(purpose="contact", body="Old words", created_at=NOW - timedelta(days=2))
    ConsentText.objects.create(purpose="contact", body="New words", created_at=NOW - timedelta(days=1))
    form = ConsultForm(make_post(location="unsure", consents=f"{shown.pk},999999,x"))
    assert form.is_valid(), form.errors
    receive_consult(
        answers=form.answers,
        source="consult",
        client=Client(),
        now=NOW,
        wordings=form.cleaned_data["consents"],
    )
    assert Consent.objects.get().text == shown


def test_the_current_wording_stands_in_where_the_page_names_none():
    current = ConsentText.objects.create(purpose="contact", body="Words", created_at=NOW - timedelta(days=1))
    for consents in ("", "999999"):
        form = ConsultForm(make_post(location="unsure", consents=consents))
        assert form.is_valid(), form.errors
        assert form.cleaned_data["consents"]["contact"] == current


@pytest.mark.django_db(transaction=True)
def test_a02_two_identical_posts_at_the_same_moment_are_one_request():
    Recipient.objects.create(verified_at=NOW, email="desk@clinic.example")
    start, receipts, faults = threading.Barrier(6), [], []

    def post():
        try:
            start.wait()
            receipts.append(receive().request.reference)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert len(receipts) == 6
    assert len(set(receipts)) == 1
    assert ConsultRequest.objects.count() == OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a18_eight_writers_at_once_lose_nothing():
    """Eight threads with thirty requests each, while an edit of 500 rows runs beside them."""
    SourceCount.objects.bulk_create(SourceCount(day=NOW.date(), path=f"/{number}/") for number in range(500))
    faults = []

    def run(work):
        try:
            work()
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    def write(letter):
        for number in range(30):
            receive(name=f"Person {letter} {number}")

    def edit():
        for _ in range(10):
            SourceCount.objects.update(requests=1)

    threads = [threading.Thread(target=run, args=[lambda letter=letter: write(letter)]) for letter in "abcdefgh"]
    threads.append(threading.Thread(target=run, args=[edit]))
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert ConsultRequest.objects.count() == 240
