"""The list before opening: each line fires and goes away; the page, the command, and what is confirmed."""

import io
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse

from clinic_site import launch
from clinic_site.core.models import AuditEntry, ClinicIdentity, JobRun, OutboxMessage, Page, WorkerBeat
from clinic_site.launch import State, is_ready, lines
from clinic_site.roles import MANAGER, OWNER
from consults.models import ConsentText, ConsultRequest, Recipient
from tests.factories.consults import make_consent_text, make_mail, make_recipient, make_request, make_role
from tests.factories.locations import make_location
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PAGE = "/admin/launch/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(client):
    client.force_login(make_role(MANAGER, username="manager"))
    return client


def state(check: str) -> set[str]:
    """How the lines of one check stand."""
    found = {line.state.value for line in lines(now=NOW) if line.check == check}
    assert found, f"no such check: {check}"
    return found


def good_run(name: str, ago: timedelta) -> None:
    JobRun.objects.create(name=name, period=f"{ago}", started_at=NOW - ago, finished_at=NOW - ago)


# Each line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "changes", "before"),
    [
        ("https", {"SITE_IS_SECURE": True}, "missing"),
        ("mail", {"MAIL_IS_CONFIGURED": True}, "missing"),
        ("heartbeat", {"HEARTBEAT_URL": "https://monitor.example/x"}, "advice"),
        ("security-contact", {"SECURITY_CONTACT": "mailto:security@clinic.example"}, "advice"),
    ],
)
def test_a_setting_that_is_missing_and_then_set(settings, check, changes, before):
    for name in changes:
        setattr(settings, name, "" if isinstance(changes[name], str) else False)
    assert state(check) == {before}
    for name, value in changes.items():
        setattr(settings, name, value)
    assert state(check) == {"done"}


def test_a_site_that_search_engines_may_not_show(settings):
    assert state("search-engines") == {"done"}
    settings.SITE_IS_PUBLIC = False
    assert state("search-engines") == {"advice"}


def test_phone_and_promise():
    assert (state("phone"), state("promise")) == ({"missing"}, {"advice"})
    clinic = ClinicIdentity.load()
    clinic.phone, clinic.answer_within_hours = "tel:+1-205-557-2253", 4
    clinic.save()
    assert (state("phone"), state("promise")) == ({"done"}, {"done"})


def test_the_worker():
    assert state("worker") == {"missing"}
    WorkerBeat.objects.create(host="web-1", seen_at=NOW)
    assert state("worker") == {"done"}


def test_recipients_and_alarms():
    make_location(name="Auburn")
    recipient = make_recipient(verified_at=None)
    assert state("recipients") == {"missing"}
    assert state("alarms") == {"missing"}
    Recipient.objects.filter(pk=recipient.pk).update(verified_at=NOW)
    assert (state("recipients"), state("alarms")) == ({"done"}, {"missing"})
    Recipient.objects.filter(pk=recipient.pk).update(gets_alarms=True)
    assert state("alarms") == {"done"}


def test_the_daily_test_counts_once_its_mail_has_left():
    assert state("daily-test") == {"missing"}
    test = make_request(now=NOW - HOUR)
    ConsultRequest.objects.update(is_test=True)
    mail = make_mail(kind=OutboxMessage.Kind.TEST, about=test.subject)
    assert state("daily-test") == {"missing"}
    OutboxMessage.objects.filter(pk=mail.pk).update(state="sent", sent_at=NOW)
    assert state("daily-test") == {"done"}
    ConsultRequest.objects.update(asked_at=NOW - 27 * HOUR)
    assert state("daily-test") == {"missing"}


@pytest.mark.parametrize(
    ("check", "job", "fresh", "old"),
    [
        ("backup", "backup", 25 * HOUR, 26 * HOUR),
        ("backup-check", "verify-backup", timedelta(days=7), timedelta(days=8)),
    ],
)
def test_backups_and_their_check(check, job, fresh, old):
    JobRun.objects.create(name=job, period="bad", started_at=NOW, finished_at=NOW, error="DiskFull")
    assert state(check) == {"missing"}
    good_run(job, old)
    assert state(check) == {"missing"}
    good_run(job, fresh)
    assert state(check) == {"done"}


def test_wordings():
    assert state("wordings") == {"missing"}
    for purpose in ConsentText.Purpose.values:
        make_consent_text(purpose)
    assert state("wordings") == {"done"}
    assert state("wordings-read") == {"missing"}


def test_clinics_and_what_their_pages_lack():
    assert (state("clinics"), state("clinic-pages")) == ({"missing"}, {"done"})
    make_location(name="Auburn")
    assert (state("clinics"), state("clinic-pages")) == ({"done"}, {"advice"})


def test_somebody_must_be_there_when_the_manager_is_away():
    assert state("heads") == {"missing"}
    make_role(MANAGER)
    assert state("heads") == {"advice"}
    make_role(OWNER, is_active=False)
    assert state("heads") == {"advice"}
    make_role(OWNER)
    assert state("heads") == {"done"}


def test_without_second_steps_everybody_has_a_password_alone(monkeypatch):
    monkeypatch.setattr(launch.apps, "is_installed", lambda name: False)
    assert state("second-step") == {"missing"}


def test_second_steps_are_asked_for_account_by_account(monkeypatch):
    """With what django-allauth keeps, or its stand-in where it is not installed."""
    users = [make_role(MANAGER), make_role(OWNER)]
    make_role(OWNER, is_active=False)
    if apps.is_installed("allauth.mfa"):
        made = apps.get_model("mfa", "Authenticator").objects.create
    else:
        steps = []
        rows = SimpleNamespace(filter=lambda **given: SimpleNamespace(values=lambda name: list(steps)))
        monkeypatch.setattr(launch.apps, "is_installed", lambda name: True)
        monkeypatch.setattr(launch.apps, "get_model", lambda *names: SimpleNamespace(objects=rows))

        def made(*, user, **fields):
            steps.append(user.pk)

    def text() -> str:
        return next(line.text for line in lines(now=NOW) if line.check == "second-step")

    assert text() == "2 accounts of the staff sign in with a password alone."
    made(user=users[0], type="totp", data={})
    assert text() == "1 account of the staff signs in with a password alone."
    made(user=users[1], type="webauthn", data={})
    assert state("second-step") == {"done"}


def test_what_the_system_check_says_of_the_settings(settings):
    settings.ALLOWED_HOSTS = ["*"]
    line = next(line for line in lines(now=NOW) if line.check == "settings")
    assert line.state == State.MISSING
    assert "`manage.py check --deploy` finds fault: clinic.E001" in line.text


def test_settings_without_fault_are_done(monkeypatch):
    monkeypatch.setattr(launch.system_checks, "run_checks", lambda **given: [])
    assert state("settings") == {"done"}


# What only people know --------------------------------------------------------------------------------


def confirm(client, check: str, **changes):
    item = next(line.item for line in lines(now=NOW) if line.check == check and line.item.confirms)
    return client.post(PAGE, {"confirms": item.confirms, "of": item.of, **changes}, follow=True)


def test_that_the_keys_lie_elsewhere_is_confirmed_for_these_keys(manager, settings):
    assert state("keys") == {"missing"}
    response = confirm(manager, "keys")
    assert "Confirmed." in response.content.decode()
    assert state("keys") == {"done"}
    entry = AuditEntry.objects.get(action="launch-confirmed")
    assert (entry.actor_name, entry.subject, list(entry.detail)) == ("manager", "launch:keys-kept", ["of"])
    assert settings.FIELD_KEYS[0] not in str(entry.detail)
    settings.FIELD_KEYS = ["dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISI=", *settings.FIELD_KEYS]
    assert state("keys") == {"missing"}


def test_a_page_that_was_read_is_read_again_when_it_changes(manager, content, clock):
    assert state("pages") == {"missing"}
    confirm(manager, "pages")
    assert state("pages") == {"done"}
    clock.shift(HOUR)
    Page.objects.get(slug="privacy").save()
    assert state("pages") == {"missing"}


def test_a_page_that_is_not_there_cannot_be_confirmed(content):
    Page.objects.filter(slug="privacy").update(is_shown=False)
    texts = [line.text for line in lines(now=NOW) if line.check == "pages"]
    assert texts[0] == "Readers find no page about privacy."


def test_wordings_are_read_again_when_there_is_a_new_one(manager):
    make_consent_text("contact")
    confirm(manager, "wordings-read")
    assert state("wordings-read") == {"done"}
    make_consent_text("contact", body="We may call you.")
    assert state("wordings-read") == {"missing"}


@pytest.mark.parametrize("changes", [{"of": "x"}, {"confirms": "x"}, {"confirms": "", "of": ""}, {"of": "\0"}])
def test_what_the_page_did_not_ask_is_not_confirmed(manager, changes):
    response = confirm(manager, "keys", **changes)
    assert response.status_code == 200
    assert "Nothing was confirmed" in response.content.decode()
    assert not AuditEntry.objects.filter(action="launch-confirmed").exists()


# The page, the first screen, the command ----------------------------------------------------------------


def test_the_page_has_every_line_and_links_only_where_the_manager_may_go(manager, content):
    response = manager.get(PAGE)
    page = response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    for part in launch.PARTS:
        assert f">{part.title}</h2>" in page
    assert "Everybody of the staff has a second step" in page or "a password alone" in page
    assert reverse("admin:articles_article_changelist") not in page.split("Articles</h2>")[1].split("</section>")[0]
    assert reverse("admin:consults_recipient_add") in page


def test_the_first_screen_leads_to_it(manager):
    assert f'href="{PAGE}"' in manager.get("/admin/").content.decode()


def test_the_page_asks_as_much_of_the_database_for_one_clinic_as_for_three(manager, django_assert_max_num_queries):
    for name in ("Auburn", "Birmingham", "Cullman"):
        make_location(name=name)
        with django_assert_max_num_queries(60):
            manager.get(PAGE)


def run(*args: str) -> tuple[int, str]:
    said, status = io.StringIO(), 0
    try:
        call_command("launch_check", *args, stdout=said)
    except SystemExit as stopped:
        status = stopped.code
    return status, said.getvalue()


def test_the_command_ends_with_1_while_something_is_missing():
    status, said = run()
    assert status == 1
    assert "missing  No mail server is set (EMAIL_URL): mails are not sent.  [EMAIL_URL in .env]" in said
    assert "done     Search engines may show the site." in said
    assert f"Missing: {said.count('missing  ')}" in said


def test_the_command_ends_with_0_when_there_is_but_advice(monkeypatch):
    quiet = [check for check in launch.PARTS[1].checks if check.name in {"security-contact", "search-engines"}]
    monkeypatch.setattr(launch, "PARTS", [launch.Part("The site", "x.y", quiet)])
    status, said = run()
    assert (status, said.splitlines()[-1]) == (0, "Nothing is missing.")


def test_machines_read_it_as_json():
    status, said = run("--json")
    rows = json.loads(said)
    assert status == 1
    assert {tuple(row) for row in rows} == {("part", "check", "state", "text", "where")}
    (mail,) = [row for row in rows if row["check"] == "mail"]
    assert (mail["part"], mail["state"], mail["where"]) == ("Requests", "missing", "EMAIL_URL in .env")


def test_ready_is_when_nothing_is_missing():
    found = lines(now=NOW)
    assert not is_ready(found)
    assert is_ready([line for line in found if line.state != State.MISSING])
