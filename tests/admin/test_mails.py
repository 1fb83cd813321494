"""Mails that did not go out: staff see why, and send them again."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from clinic_site.core.delivery import deliver_next
from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import Recipient
from tests.factories.consults import make_failed_mail, make_mail, make_recipient, make_request, make_staff_user
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=4)


@pytest.fixture(autouse=True)
def four_days_later():
    with time_machine.travel(LATER, tick=False):
        yield


def send_again(browser, mail: OutboxMessage, **post):
    return browser.post(reverse("admin:consults_send_again", args=[mail.pk]), post)


def test_a_mail_that_was_given_up_goes_out_after_one_click(desk, mailoutbox):
    request = make_request(now=LATER)
    OutboxMessage.objects.all().delete()
    mail = make_failed_mail(attempt=30, about=request.subject)
    response = send_again(desk, mail)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert messages_of(response) == ["The mail goes out again within a minute."]
    assert deliver_next(now=LATER, clock=lambda: LATER)
    assert [sent.to for sent in mailoutbox] == [["desk@clinic.example"]]
    assert "did not go out" not in text_of(desk.get("/admin/"))
    entry = AuditEntry.objects.get(action="mail-sent-again")
    assert (entry.subject, entry.actor) == (request.subject, desk.user)


def test_a_mail_without_a_recipient_goes_to_those_named_since(desk):
    auburn = make_location(name="Auburn")
    desk.user.desk_clinics.add(auburn)
    request = make_request(location=auburn)
    mail = OutboxMessage.objects.get()
    assert "Given up. The last answer: no recipients" in text_of(desk.get(request.get_absolute_url()))
    assert messages_of(send_again(desk, mail)) == ["There is still nobody to send it to. Add a recipient first."]
    assert OutboxMessage.objects.get() == mail
    make_recipient("one@clinic.example", location=auburn)
    make_recipient("two@clinic.example")
    send_again(desk, mail)
    assert {sent.to_address for sent in OutboxMessage.objects.all()} == {"one@clinic.example", "two@clinic.example"}
    assert set(OutboxMessage.objects.values_list("state", "about")) == {("queued", request.subject)}


@pytest.mark.parametrize("state", ["sent", "queued"])
def test_a_mail_without_trouble_is_left_alone(desk, state):
    request = make_request(now=LATER)
    OutboxMessage.objects.all().delete()
    mail = make_mail(about=request.subject, state=state, sent_at=NOW if state == "sent" else None, attempt=1)
    assert "needs no help" in messages_of(send_again(desk, mail))[0]
    assert OutboxMessage.objects.values("state", "attempt").get() == {"state": state, "attempt": 1}


def test_the_button_leads_back_to_where_it_stood_and_nowhere_else(desk):
    request = make_request()
    mail = OutboxMessage.objects.get()
    page = request.get_absolute_url()
    assert f'name="next" value="{page}"' in desk.get(page).content.decode()
    assert send_again(desk, mail, next=page)["Location"] == page
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        assert send_again(desk, mail, next=elsewhere)["Location"] == "/admin/"


def test_the_page_of_a_request_lists_its_own_mails(desk):
    make_recipient()
    request = make_request(contact_by="email", email="dana@mail.example")
    make_request()
    text = text_of(desk.get(request.get_absolute_url()))
    mails = text[text.index("Mails about this request") :]
    assert mails.count("Waiting to be sent") == 2
    assert "to desk@clinic.example" in mails
    assert "to the person who asked" in mails
    assert "dana@mail.example" not in mails


def test_only_those_who_work_on_requests_may_send_again(client):
    mail = make_failed_mail()
    client.force_login(make_staff_user("core.view_outboxmessage"))
    assert "Given up" in text_of(client.get("/admin/"))
    assert "Send again" not in text_of(client.get("/admin/"))
    assert send_again(client, mail).status_code == 403


def test_the_list_of_mails_can_be_looked_at_and_not_touched(manager):
    mail = make_failed_mail()
    make_mail(kind="confirmation", to_address="dana@mail.example", subject="We have your request")
    path = reverse("admin:core_outboxmessage_change", args=[mail.pk])
    listed = manager.get("/admin/core/outboxmessage/").content.decode()
    assert "desk@clinic.example" in listed
    assert "the person who asked" in listed
    for confirmation in OutboxMessage.objects.filter(kind="confirmation"):
        shown = manager.get(reverse("admin:core_outboxmessage_change", args=[confirmation.pk])).content.decode()
        assert "dana@mail.example" not in listed + shown
    assert manager.get("/admin/core/outboxmessage/", {"state__exact": "failed"}).context["cl"].result_count == 1
    assert "Send again" in text_of(manager.get(path))
    assert manager.post(path, {"to_address": "evil@mail.example"}).status_code == 403
    assert manager.get("/admin/core/outboxmessage/add/").status_code == 403
    assert manager.post(f"/admin/core/outboxmessage/{mail.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_saves_a_recipient_is_told_of_mails_that_wait_for_one(manager):
    make_request()
    recipient = make_recipient()
    response = manager.post(
        f"/admin/consults/recipient/{recipient.pk}/change/", {"email": "desk@clinic.example", "is_active": "on"}
    )
    assert "1 mail has waited for a recipient. Press “Send again”" in messages_of(response)[0]
    assert str(Recipient.objects.get()) == "desk@clinic.example"


def test_the_same_recipient_twice_is_refused_in_words(manager):
    make_recipient()
    post = {"email": "desk@clinic.example", "is_active": "on"}
    assert "This address already gets every request." in text_of(manager.post("/admin/consults/recipient/add/", post))
    assert Recipient.objects.count() == 1
