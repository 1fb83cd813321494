"""The daily test: what the form makes of it, what comes of it, and what is said when it does not come."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client

from clinic_site.core.models import JobRun, OutboxMessage
from clinic_site.roles import FRONT_DESK, MANAGER
from consults import silence
from consults.models import ConsultRequest, SourceCount
from consults.outgoing import Answer, NoAnswer
from consults.probe import new_probe
from consults.silence import FormRefused, NotStored, ping_heartbeat, send_test, send_test_again, trouble
from tests.factories.consults import make_recipient, make_request, make_role
from tests.factories.posts import NOW, make_post

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(db):
    make_recipient("desk@clinic.example")
    return make_recipient("manager@clinic.example", gets_alarms=True)


class Site:
    """Answers a question as the site would; `asked` keeps what was asked."""

    def __init__(self):
        self.asked, self.client = [], Client()

    def __call__(self, question):
        self.asked.append(question)
        response = self.client.post(
            "/consult/", question.body, content_type="application/x-www-form-urlencoded", headers={"Host": "testserver"}
        )
        return Answer(response.status_code, response.headers.get("Location", ""))


class Heartbeat:
    """Answers with each of `statuses` in turn, then with 200; None is no answer."""

    def __init__(self, *statuses):
        self.statuses, self.asked = list(statuses), []

    def __call__(self, question):
        self.asked.append(question)
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            raise NoAnswer
        return Answer(status, "")


def stored():
    """The test requests in the database."""
    return ConsultRequest.objects.filter(is_test=True)


def mails_left() -> None:
    OutboxMessage.objects.filter(kind="test").update(state="sent", sent_at=NOW)


# The form ----------------------------------------------------------------------------------------


def test_a_test_request_goes_through_the_form_and_into_no_count(clock, manager):
    site = Site()
    send_test(now=NOW, ask=site)
    (test,) = stored()
    assert (test.name, test.phone_as_typed, test.spam_state, test.client_hash) == (
        "Daily test",
        "205-555-0100",
        "clean",
        "",
    )
    assert site.asked[0].url == "http://clinic.example/consult/"
    assert not ConsultRequest.objects.real().exists()
    assert not ConsultRequest.objects.waiting().exists()
    assert not SourceCount.objects.exists()
    (mail,) = OutboxMessage.objects.all()
    assert (mail.kind, mail.to_address) == ("test", "manager@clinic.example")
    for value in ("205", "555", "Daily test,"):
        assert value not in mail.body


def test_everybody_gets_its_mail_while_nobody_gets_alarms(clock, manager):
    manager.delete()
    send_test(now=NOW, ask=Site())
    assert OutboxMessage.objects.get().to_address == "desk@clinic.example"


def test_each_day_has_a_test_of_its_own_and_a_copy_of_one_is_none(clock, manager):
    site = Site()
    send_test(now=NOW, ask=site)
    site(site.asked[0])
    assert stored().count() == 1
    clock.shift(timedelta(days=1))
    send_test(now=NOW + timedelta(days=1), ask=site)
    assert stored().count() == 2
    assert OutboxMessage.objects.filter(kind="test").count() == 2


def test_a_real_request_with_the_words_of_a_test_is_real(clock, manager):
    send_test(now=NOW, ask=Site())
    post = make_post(location="unsure", name="Daily test", phone="205-555-0100", email="")
    assert Client().post("/consult/", post).status_code == 303
    assert ConsultRequest.objects.real().count() == 1


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "consults.daily-test",
        "\0",
        "é:🙂:x",
        ":" * 5000,
        signing.dumps("consults.daily-test"),
        signing.dumps("another", salt="consults.daily-test"),
    ],
    ids=range(8),
)
def test_any_other_token_makes_an_ordinary_request(clock, manager, token):
    post = make_post(location="unsure", probe=token)
    assert Client().post("/consult/", post).status_code == 303
    assert ConsultRequest.objects.real().count() == 1
    assert set(OutboxMessage.objects.values_list("kind", flat=True)) == {"staff"}


def test_a_token_is_good_for_five_minutes(clock, manager):
    token = new_probe()
    clock.shift(5 * MINUTE + timedelta(seconds=1))
    Client().post("/consult/", make_post(location="unsure", probe=token))
    assert not stored().exists()
    assert ConsultRequest.objects.real().count() == 1


def test_a_test_in_a_field_that_people_cannot_see_is_still_no_spam(clock, manager):
    Client().post("/consult/", make_post(location="unsure", probe=new_probe(), leave_blank="x"))
    assert stored().get().spam_state == "clean"
    assert not ConsultRequest.objects.quarantined().exists()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(422, ""), FormRefused),
        (Answer(301, "https://elsewhere.example/consult/"), FormRefused),
        (Answer(503, ""), FormRefused),
        (Answer(303, "/elsewhere/x/y/"), FormRefused),
        (Answer(303, "/consult/thanks/ABCDEFGH/"), NotStored),
    ],
)
def test_an_answer_that_is_not_thanks_is_a_failure(manager, answer, fault):
    with pytest.raises(fault):
        send_test(now=NOW, ask=lambda question: answer)


def test_a_request_that_was_stored_as_an_ordinary_one_is_a_failure(manager):
    reference = make_request(now=NOW).reference
    with pytest.raises(NotStored):
        send_test(now=NOW, ask=lambda question: Answer(303, f"/consult/thanks/{reference}/"))


def test_behind_our_own_proxy_it_says_what_the_proxy_would(manager, settings):
    settings.SITE_URL, settings.SITE_IS_SECURE = "https://clinic.example", True
    settings.SELF_TEST_URL = "http://127.0.0.1:8000"
    headers = silence._headers()
    assert (headers["Host"], headers["X-Forwarded-Proto"]) == ("clinic.example", "https")


# What is said ------------------------------------------------------------------------------------


def ran(name="daily-test", *, at=NOW, error="", **fields) -> JobRun:
    return JobRun.objects.create(
        name=name, period=f"{at:%m-%dT%H:%M}", started_at=at, error=error, **{"finished_at": at, **fields}
    )


def make_test(at=NOW) -> ConsultRequest:
    with time_machine.travel(at, tick=False):
        send_test(now=at, ask=Site())
    return stored().latest("pk")


def test_all_is_well_while_tests_come_and_their_mails_leave(manager):
    ran("digest", at=NOW - 99 * HOUR)
    ran()
    make_test()
    mails_left()
    for hours in range(27):
        assert trouble(now=NOW + (hours - 1) * HOUR) == []


def test_silence_is_trouble_after_26_hours_and_not_before_the_site_has_run_so_long(manager):
    assert trouble(now=NOW) == []
    ran("digest", at=NOW - 26 * HOUR)
    assert trouble(now=NOW - MINUTE) == []
    (text,) = trouble(now=NOW)
    assert "No test request has come through for 26 hours" in text
    make_test()
    assert trouble(now=NOW) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NoAnswer", "the site did not answer"),
        ("FormRefused", "did not take the request"),
        ("NotStored", "not in the database"),
        ("KeyError", "see the worker’s log"),
    ],
)
def test_a_failed_test_is_trouble_until_one_comes_through(manager, error, words):
    ran(error=error)
    assert trouble(now=NOW + 14 * MINUTE) == []  # it is tried again first
    (text,) = trouble(now=NOW + 15 * MINUTE)
    assert "Wednesday, 9:10 AM" in text
    assert words in text
    make_test(NOW + 20 * MINUTE)
    mails_left()
    assert trouble(now=NOW + 60 * MINUTE) == []


def test_a_worker_that_died_in_the_test_is_trouble(manager):
    ran(finished_at=None)
    assert "stopped in the middle" in trouble(now=NOW + HOUR)[0]


def test_a_mail_that_does_not_leave_is_trouble_after_half_an_hour(manager):
    make_test()
    assert trouble(now=NOW + 29 * MINUTE) == []
    assert "has not left within 30 minutes" in trouble(now=NOW + 30 * MINUTE)[0]
    mails_left()
    assert trouble(now=NOW + 30 * MINUTE) == []


def test_a_failed_test_is_tried_again_after_five_minutes_and_a_good_one_is_not(clock, manager):
    run, site = ran(error="NoAnswer"), Site()
    for minutes, count in ((4, 0), (5, 1), (15, 1)):
        with time_machine.travel(NOW + minutes * MINUTE, tick=False):
            send_test_again(now=NOW + minutes * MINUTE, ask=site)
        assert len(site.asked) == count
    run.delete()
    ran()
    send_test_again(now=NOW + HOUR, ask=site)
    assert len(site.asked) == 1


def test_who_manages_recipients_sees_a_banner_and_others_do_not(clock, manager, client):
    ran(at=NOW - HOUR, error="NoAnswer")
    words = "The test request of Wednesday, 8:10 AM failed"
    for role, sees in ((MANAGER, True), (FRONT_DESK, False)):
        client.force_login(make_role(role))
        assert (words in client.get("/admin/").content.decode()) is sees, role


# The heartbeat -----------------------------------------------------------------------------------


@pytest.fixture
def heartbeat_url(settings):
    settings.HEARTBEAT_URL = "https://monitor.example/ping/abc"
    return settings.HEARTBEAT_URL


def test_success_is_told_once_and_only_after_the_mail_has_left(manager, heartbeat_url):
    heartbeat = Heartbeat()
    ping_heartbeat(now=NOW, ask=heartbeat)
    make_test()
    ping_heartbeat(now=NOW, ask=heartbeat)
    assert heartbeat.asked == []
    mails_left()
    for seconds in range(0, 300, 30):
        ping_heartbeat(now=NOW + timedelta(seconds=seconds), ask=heartbeat)
    (question,) = heartbeat.asked
    assert (question.method, question.url, question.body, question.headers) == ("GET", heartbeat_url, None, {})
    make_test(NOW + 24 * HOUR)
    mails_left()
    ping_heartbeat(now=NOW + 24 * HOUR, ask=heartbeat)
    assert len(heartbeat.asked) == 2


@pytest.mark.parametrize("fault", [None, 500, 302, 404])
def test_a_heartbeat_that_fails_is_tried_again_each_minute_until_it_is_heard(manager, heartbeat_url, fault):
    make_test()
    mails_left()
    heartbeat, tries = Heartbeat(fault, fault), []
    for seconds in range(0, 400, 10):
        ping_heartbeat(now=NOW + timedelta(seconds=seconds), ask=heartbeat)
        tries.append(len(heartbeat.asked))
    assert [tries.index(number) * 10 for number in (1, 2, 3)] == [0, 60, 120]
    assert tries[-1] == 3


def test_a_mail_of_two_that_does_not_leave_is_no_success(manager, heartbeat_url):
    make_recipient("owner@clinic.example", gets_alarms=True)
    make_test()
    first = OutboxMessage.objects.filter(kind="test").first()
    OutboxMessage.objects.filter(pk=first.pk).update(state="sent", sent_at=NOW)
    heartbeat = Heartbeat()
    ping_heartbeat(now=NOW, ask=heartbeat)
    assert heartbeat.asked == []


def test_without_a_recipient_there_is_no_success(heartbeat_url):
    make_test()
    heartbeat = Heartbeat()
    ping_heartbeat(now=NOW, ask=heartbeat)
    assert heartbeat.asked == []


@pytest.mark.parametrize("url", ["", "http://monitor.example/ping"])
def test_a_secure_site_asks_no_address_in_the_clear(manager, settings, url):
    make_test()
    mails_left()
    settings.HEARTBEAT_URL, settings.SITE_IS_SECURE = url, True
    heartbeat = Heartbeat()
    ping_heartbeat(now=NOW, ask=heartbeat)
    assert heartbeat.asked == []
