"""A new recipient gets a code and nothing else, until somebody enters the code."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from clinic_site.core.delivery import deliver_next
from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.roles import MANAGER
from consults.models import Recipient
from consults.recipients import enter_code, forget_codes
from tests.factories.consults import PASSWORD, make_failed_mail, make_recipient, make_request, make_role
from tests.factories.locations import make_location
from tests.factories.posts import NOW

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/consults/recipient/"
GOOD = {"email": "new@clinic.example", "is_active": "on"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(client):
    """A browser in which a manager is signed in, as `boss.user`."""
    client.user = make_role(MANAGER, username="boss")
    client.force_login(client.user)
    return client


def add(browser, **changes) -> Recipient:
    browser.post(f"{LIST}add/", {**GOOD, **changes})
    return Recipient.objects.latest("pk")


def code_in_the_mail() -> str:
    return re.search(r"The code is (\d{6})\.", OutboxMessage.objects.filter(kind="code").latest("pk").body)[1]


def page(recipient: Recipient) -> str:
    return reverse("admin:consults_recipient_change", args=[recipient.pk])


def enter(browser, recipient: Recipient, code: str):
    return browser.post(reverse("admin:consults_recipient_code", args=[recipient.pk]), {"code": code})


def ask_anew(browser, recipient: Recipient):
    return browser.post(reverse("admin:consults_recipient_new_code", args=[recipient.pk]))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def told() -> list[str]:
    return sorted(Recipient.objects.told_about(None).values_list("email", flat=True))


def test_a_new_address_gets_a_code_and_its_mails_once_the_code_is_entered(boss):
    response = boss.post(f"{LIST}add/", GOOD)
    recipient = Recipient.objects.get()
    assert response["Location"] == page(recipient)
    assert "until then the address gets no other mail" in messages_of(response)[0]
    mail = OutboxMessage.objects.get()
    assert (mail.kind, mail.to_address, mail.about) == ("code", "new@clinic.example", f"recipient:{recipient.pk}")
    assert told() == []
    make_request()
    assert OutboxMessage.objects.get(kind="staff").last_error == "no recipients"
    text = text_of(boss.get(page(recipient)))
    assert "Waiting for its code" in text
    assert "That mail: waiting to be sent" in text
    assert "Waiting for its code" in text_of(boss.get(LIST))

    code = code_in_the_mail()
    response = enter(boss, recipient, f" {code[:3]} {code[3:]} ")
    assert messages_of(response)[-2:] == [
        "This address now gets its mails.",
        "1 mail has waited for a recipient. Press “Send again” beside each on the first page.",
    ]
    assert told() == ["new@clinic.example"]
    recipient.refresh_from_db()
    assert (recipient.verified_at, recipient.code_hash) == (NOW, "")
    assert "Waiting for its code" not in text_of(boss.get(page(recipient))) + text_of(boss.get(LIST))


def test_a_changed_address_waits_for_a_code_of_its_own(boss):
    recipient = add(boss)
    first = code_in_the_mail()
    enter(boss, recipient, first)
    response = boss.post(page(recipient), {**GOOD, "email": "other@clinic.example"})
    assert response["Location"] == page(recipient)
    assert told() == []
    assert OutboxMessage.objects.latest("pk").to_address == "other@clinic.example"
    assert "That is not the code" in messages_of(enter(boss, recipient, first))[-1] or first == code_in_the_mail()
    enter(boss, recipient, code_in_the_mail())
    assert told() == ["other@clinic.example"]


@pytest.mark.parametrize("change", [{"email": "New@clinic.example"}, {"gets_alarms": "on"}, {}])
def test_other_changes_ask_for_no_code(boss, change):
    recipient = make_recipient("new@clinic.example")
    boss.post(page(recipient), {**GOOD, **change})
    recipient.refresh_from_db()
    assert recipient.verified_at == NOW
    assert recipient.gets_alarms == ("gets_alarms" in change)
    assert not OutboxMessage.objects.exists()


def test_five_tries_then_a_new_code(boss, clock):
    recipient = add(boss)
    code = code_in_the_mail()
    for _ in range(5):
        assert "That is not the code" in messages_of(enter(boss, recipient, wrong(code)))[-1]
    assert "5 times" in messages_of(enter(boss, recipient, code))[-1]
    assert told() == []
    assert "less than a minute ago" in messages_of(ask_anew(boss, recipient))[-1]
    clock.move_to(NOW + timedelta(minutes=1))
    assert "A code was mailed" in messages_of(ask_anew(boss, recipient))[-1]
    enter(boss, recipient, code_in_the_mail())
    assert told() == ["new@clinic.example"]


def test_a_code_works_for_a_day(boss, clock):
    early, late = add(boss), add(boss, email="late@clinic.example")
    codes = {mail.about: re.search(r"\d{6}", mail.body)[0] for mail in OutboxMessage.objects.all()}
    clock.move_to(NOW + timedelta(hours=24, seconds=-1))
    assert messages_of(enter(boss, early, codes[f"recipient:{early.pk}"]))[-1] == "This address now gets its mails."
    clock.move_to(NOW + timedelta(hours=24))
    assert "ran out" in messages_of(enter(boss, late, codes[f"recipient:{late.pk}"]))[-1]
    assert told() == ["new@clinic.example"]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12\x003456", "9" * 5000])
def test_what_cannot_be_a_code_costs_no_try(boss, code):
    recipient = add(boss)
    assert messages_of(enter(boss, recipient, code))[-1] == "Enter the 6 digits of the code."
    recipient.refresh_from_db()
    assert recipient.code_tries == 0


def test_the_newest_code_counts_and_the_older_mail_is_taken_back(boss, clock):
    recipient = add(boss)
    old = code_in_the_mail()
    clock.move_to(NOW + timedelta(minutes=2))
    ask_anew(boss, recipient)
    new = code_in_the_mail()
    assert OutboxMessage.objects.filter(kind="code").count() == 1
    if old != new:
        assert "That is not the code" in messages_of(enter(boss, recipient, old))[-1]
    assert messages_of(enter(boss, recipient, new))[-1] == "This address now gets its mails."


def test_a_code_is_good_for_its_own_recipient_alone(boss):
    one = add(boss)
    code = code_in_the_mail()
    two = add(boss, location=make_location(name="Auburn").pk)
    if code != code_in_the_mail():
        assert "That is not the code" in messages_of(enter(boss, two, code))[-1]
    assert messages_of(enter(boss, one, code))[-1] == "This address now gets its mails."


def test_what_was_confirmed_stays_so(boss):
    recipient = make_recipient()
    for response in (enter(boss, recipient, "123456"), ask_anew(boss, recipient)):
        assert "confirmed before" in messages_of(response)[-1]
    recipient.refresh_from_db()
    assert recipient.verified_at == NOW
    assert not OutboxMessage.objects.exists()


# Nobody reads the code but whoever gets the mail -----------------------------------------------------


def test_the_code_is_kept_nowhere_but_in_the_mail(boss, mailoutbox):
    recipient = add(boss)
    code, mail = code_in_the_mail(), OutboxMessage.objects.get()
    recipient.refresh_from_db()
    assert len(recipient.code_hash) == 64
    pages = [
        page(recipient),
        LIST,
        "/admin/",
        "/admin/core/outboxmessage/",
        f"/admin/core/outboxmessage/{mail.pk}/change/",
    ]
    for path in [*pages, "/admin/core/auditentry/"]:
        response = boss.get(path)
        assert response.status_code == 200
        assert code not in text_of(response)
    assert deliver_next(now=NOW, clock=lambda: NOW)
    assert code in mailoutbox[0].body
    assert code not in mailoutbox[0].subject
    mail.refresh_from_db()
    assert (mail.state, mail.body) == ("sent", "")


def test_after_a_day_the_outbox_forgets_codes_that_never_left(boss):
    add(boss)
    add(boss, email="young@clinic.example")
    old, young = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(hours=24))
    other = make_failed_mail(created_at=NOW - timedelta(days=9))
    assert forget_codes(now=NOW) == 1
    assert forget_codes(now=NOW) == 0
    old.refresh_from_db()
    young.refresh_from_db()
    other.refresh_from_db()
    assert (old.state, old.body, old.last_error) == ("failed", "", "The code ran out before the mail could be sent")
    assert (young.state, bool(young.body)) == ("queued", True)
    assert other.body == "Words."
    # Sent again it would be an empty mail: staff are led to a new code instead.
    response = boss.post(reverse("admin:consults_send_again", args=[old.pk]))
    assert "Send a new code" in messages_of(response)[-1]
    old.refresh_from_db()
    assert old.state == "failed"


# Who may, and what is recorded ----------------------------------------------------------------------


def test_every_change_is_on_record_by_the_names_of_the_fields(boss):
    recipient = add(boss)
    enter(boss, recipient, wrong(code_in_the_mail()))
    enter(boss, recipient, code_in_the_mail())
    boss.post(page(recipient), {**GOOD, "gets_alarms": "on", "email": "other@clinic.example"})
    boss.post(f"{LIST}{recipient.pk}/delete/", {"post": "yes"})
    entries = AuditEntry.objects.filter(subject=f"recipient:{recipient.pk}").order_by("pk")
    assert list(entries.values_list("action", "detail")) == [
        ("recipient-added", {"fields": ["email"]}),
        ("recipient-code-sent", {}),
        ("recipient-code-wrong", {}),
        ("recipient-confirmed", {}),
        ("recipient-changed", {"fields": ["email", "gets_alarms"]}),
        ("recipient-code-sent", {}),
        ("recipient-deleted", {}),
    ]
    assert {entry.actor for entry in entries} == {boss.user}
    assert not OutboxMessage.objects.filter(kind="code", state="queued").exists()


def test_recipients_chosen_in_the_list_are_deleted_on_record(boss):
    chosen = [make_recipient(f"{name}@clinic.example").pk for name in "ab"]
    boss.post(LIST, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Recipient.objects.exists()
    assert AuditEntry.objects.filter(action="recipient-deleted").count() == 2


def test_codes_are_entered_by_post_with_a_token_by_who_may_change_recipients(boss, desk):
    recipient = make_recipient(verified_at=None)
    strict = Browser(enforce_csrf_checks=True)
    strict.login(username="boss", password=PASSWORD)
    manager = Browser()
    manager.force_login(make_role(MANAGER))
    for step in ("code", "new_code"):
        path = reverse(f"admin:consults_recipient_{step}", args=[recipient.pk])
        for method in (manager.get, manager.head, manager.put, manager.delete):
            assert method(path).status_code == 405
        assert strict.post(path).status_code == 403
        assert desk.post(path).status_code == 403
        assert Browser().post(path)["Location"].startswith("/admin/login/")
        for pk in (99999, 10**30):
            assert manager.post(path.replace(str(recipient.pk), str(pk))).status_code == 404
    assert not OutboxMessage.objects.exists()


def test_the_launch_list_names_who_waits_for_a_code(boss):
    recipient = make_recipient("slow@clinic.example", verified_at=None)
    make_recipient("left@clinic.example", verified_at=None, is_active=False)
    response = boss.get("/admin/")
    assert "slow@clinic.example waits for its code" in text_of(response)
    assert f'href="{page(recipient)}"' in response.content.decode()
    assert "left@clinic.example" not in text_of(response)


@pytest.mark.parametrize("object_id", ["nothing", "9" * 30, "1_2F"])
def test_a_page_that_is_not_there(boss, object_id):
    assert boss.get(f"{LIST}{object_id}/change/", follow=True).status_code in (200, 404)


def test_two_people_at_one_code(boss):
    """The second holds the row as it was before the first entered the code."""
    recipient = add(boss)
    code, stale = code_in_the_mail(), Recipient.objects.get()
    first = enter_code(recipient=recipient, code=code, actor=None, now=NOW)
    second = enter_code(recipient=stale, code=code, actor=None, now=NOW)
    assert (first.name, second.name) == ("RIGHT", "CHANGED")
    assert AuditEntry.objects.filter(action="recipient-confirmed").count() == 1
