"""Who is told: nobody until a mail with a code has arrived and been read."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from clinic_site.core.delivery import deliver_next
from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import Recipient
from tests.factories.consults import make_recipient, make_request, make_role
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db
ADD = "/admin/consults/recipient/add/"
POST = {"email": "desk@clinic.example", "is_active": "on"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def step(name: str, recipient: Recipient) -> str:
    return reverse(f"admin:consults_recipient_{name}", args=[recipient.pk])


def mailed_code(mailoutbox) -> str:
    while deliver_next(now=NOW + timedelta(days=9), clock=lambda: NOW + timedelta(days=9)):
        pass
    return re.search(r"The code is (\d{6})\.", mailoutbox[-1].body)[1]


def test_a_recipient_is_told_of_requests_once_the_mailed_code_is_entered(manager, mailoutbox):
    response = manager.post(ADD, POST)
    assert "no other mail goes there" in messages_of(response)[0]
    recipient = Recipient.objects.get()
    make_request()
    assert "no recipients" in OutboxMessage.objects.exclude(kind="code").get().last_error
    code = mailed_code(mailoutbox)
    assert mailoutbox[-1].to == ["desk@clinic.example"]
    response = manager.post(step("confirm", recipient), {"code": f" {code[:3]} {code[3:]} "})
    assert messages_of(response)[-2:] == [
        "desk@clinic.example is confirmed and gets mail from now on.",
        "1 mail has waited for a recipient. Press “Send again” beside each on the first page.",
    ]
    make_request()
    assert [mail.to_address for mail in OutboxMessage.objects.filter(kind="staff", state="queued")] == [recipient.email]


def test_the_code_is_nowhere_but_in_its_mail(manager, mailoutbox):
    manager.post(ADD, POST)
    mail, recipient = OutboxMessage.objects.get(), Recipient.objects.get()
    code = mailed_code(mailoutbox)
    assert code not in text_of(manager.get(reverse("admin:core_outboxmessage_change", args=[mail.pk])))
    assert code not in recipient.code_hash
    assert not any(code in str(entry.detail) for entry in AuditEntry.objects.all())
    manager.post(step("confirm", recipient), {"code": code})
    mail.refresh_from_db()
    assert mail.body == ""


def test_five_tries_then_a_new_code(manager, mailoutbox, clock):
    manager.post(ADD, POST)
    recipient, code = Recipient.objects.get(), mailed_code(mailoutbox)
    wrong = "000000" if code != "000000" else "000001"
    said = [messages_of(manager.post(step("confirm", recipient), {"code": wrong}))[-1] for _ in range(5)]
    assert said[0] == "That is not the code of the latest mail. 4 more tries."
    assert said[-1] == "That is not the code of the latest mail. 0 more tries."
    assert "Send a new one" in messages_of(manager.post(step("confirm", recipient), {"code": code}))[-1]
    assert "less than a minute" in messages_of(manager.post(step("send_code", recipient)))[-1]
    clock.shift(timedelta(minutes=2))
    manager.post(step("send_code", recipient))
    manager.post(step("confirm", recipient), {"code": mailed_code(mailoutbox)})
    recipient.refresh_from_db()
    assert recipient.verified_at == NOW + timedelta(minutes=2)


def test_a_code_holds_for_a_day(manager, mailoutbox, clock):
    manager.post(ADD, POST)
    recipient, code = Recipient.objects.get(), mailed_code(mailoutbox)
    clock.shift(timedelta(hours=24, seconds=1))
    assert "older than 24 hours" in messages_of(manager.post(step("confirm", recipient), {"code": code}))[-1]
    recipient.refresh_from_db()
    assert recipient.verified_at is None


@pytest.mark.parametrize("code", ["", "a\0b", "1" * 500, "１２３４５６", "😀"])
def test_what_is_no_code_is_answered_in_words(manager, code):
    manager.post(ADD, POST)
    recipient = Recipient.objects.get()
    assert manager.post(step("confirm", recipient), {"code": code}).status_code == 302
    recipient.refresh_from_db()
    assert recipient.verified_at is None


def test_another_address_is_confirmed_anew_and_another_switch_is_not(manager):
    recipient = make_recipient()
    page = reverse("admin:consults_recipient_change", args=[recipient.pk])
    manager.post(page, {**POST, "gets_alarms": "on"})
    recipient.refresh_from_db()
    assert recipient.verified_at
    assert recipient.gets_alarms
    manager.post(page, {**POST, "email": "other@clinic.example"})
    recipient.refresh_from_db()
    assert recipient.verified_at is None
    assert [mail.to_address for mail in OutboxMessage.objects.all()] == ["other@clinic.example"]
    assert "This address gets no mail yet" in text_of(manager.get(page))
    assert "other@clinic.example waits for its code" in text_of(manager.get("/admin/"))


def test_every_change_is_in_the_audit_trail_without_the_address(manager):
    manager.post(ADD, POST)
    recipient = Recipient.objects.get()
    manager.post(f"/admin/consults/recipient/{recipient.pk}/delete/", {"post": "yes"})
    entries = AuditEntry.objects.filter(subject=f"recipient:{recipient.pk}").order_by("pk")
    assert [entry.action for entry in entries] == ["recipient-added", "recipient-code-sent", "recipient-deleted"]
    assert "clinic.example" not in str([entry.detail for entry in entries])


def test_only_who_keeps_recipients_may_confirm_one(desk):
    recipient = make_recipient(verified_at=None)
    for name in ("confirm", "send_code"):
        assert desk.post(step(name, recipient)).status_code == 403
    desk.force_login(make_role("Manager"))
    for name in ("confirm", "send_code"):
        assert desk.get(step(name, recipient)).status_code == 405
        assert desk.post(reverse(f"admin:consults_recipient_{name}", args=[99999])).status_code == 404
