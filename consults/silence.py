"""The alarm against silence: each day the site sends itself a request, the whole way a visitor's goes.

A token that only we can make marks it as a test, so that no list and no count shows it. Its mail must
leave; then a service outside is told, which raises the alarm on a day when it hears nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from clinic_site.core.dashboard import Banner
from clinic_site.core.jobs import claim
from clinic_site.core.models import JobRun, OutboxMessage

from .forms import UNSURE, ConsultForm
from .models import ConsultRequest
from .outgoing import Answer, NoAnswer, Question, ask
from .probe import PROBE_FIELD, new_probe

TEST_JOB, HEARTBEAT = "daily-test", "heartbeat"
TEST_NAME, TEST_PHONE = "Daily test", "205-555-0100"

# A day with an hour more, as one is each autumn, and another to spare.
SILENT_AFTER = timedelta(hours=26)
MAIL_IS_LATE_AFTER = timedelta(minutes=30)
# A web process that is just being started is no trouble: the test is tried again first.
TRY_AGAIN_AFTER, FAILED_AFTER = timedelta(minutes=5), timedelta(minutes=15)
HEARTBEAT_PAUSE = timedelta(minutes=1)

Asker = Callable[[Question], Answer]


class FormRefused(Exception):
    """The site answered, but did not take the test request."""


class NotStored(Exception):
    """The site thanked for the test request, and it is not in this database."""


WHAT_FAILED = {
    "NoAnswer": "the site did not answer at SELF_TEST_URL",
    "FormRefused": "the site did not take the request",
    "NotStored": "the site took the request, but it is not in the database",
    "": "the worker stopped in the middle of it",
}


def send_test(*, now: datetime, ask: Asker = ask) -> None:
    """Send a test request through the form. Raises NoAnswer, FormRefused or NotStored."""
    answer = ask(
        Question(
            url=settings.SELF_TEST_URL + reverse("consults:consult"),
            method="POST",
            body=urlencode(_post()).encode(),
            headers=_headers(),
        )
    )
    if answer.status != 303:
        raise FormRefused
    try:
        reference = resolve(urlsplit(answer.location).path).kwargs.get("reference", "")
    except Resolver404 as error:
        raise FormRefused from error
    if not ConsultRequest.objects.filter(reference=reference, is_test=True).exists():
        raise NotStored


def send_test_again(*, now: datetime, ask: Asker = ask) -> None:
    """Send another test request when the last one failed some minutes ago. Raises as `send_test` does."""
    if _failed_run(now=now, after=TRY_AGAIN_AFTER):
        send_test(now=now, ask=ask)


def ping_heartbeat(*, now: datetime, ask: Asker = ask) -> None:
    """Ask HEARTBEAT_URL once for the newest test whose mail has left; a minute later again while it fails."""
    url = settings.HEARTBEAT_URL
    if not url or (settings.SITE_IS_SECURE and urlsplit(url).scheme != "https"):
        return
    test = newest_test(now=now)
    if test is None or JobRun.objects.filter(name=HEARTBEAT, period=test.reference, finished_at__isnull=False).exists():
        return
    if not _mail_has_left(test) or not _claim_heartbeat(test, now):
        return
    try:
        status = ask(Question(url=url)).status
        error = "" if 200 <= status < 300 else f"status {status}"
    except NoAnswer:
        error = NoAnswer.__name__
    run = JobRun.objects.filter(name=HEARTBEAT, period=test.reference)
    run.update(error=error, finished_at=None if error else timezone.now())


def trouble(*, now: datetime) -> list[str]:
    """Return what is wrong with the daily test, in words for staff; nothing when all is well.

    A site that has not run for 26 hours yet is not missed.
    """
    test, found = newest_test(now=now), []
    first_run = JobRun.objects.order_by("pk").first()
    if test is None and first_run and first_run.started_at <= now - SILENT_AFTER:
        found.append("No test request has come through for 26 hours: visitors’ requests may not either.")
    if run := _failed_run(now=now, after=FAILED_AFTER):
        at = timezone.localtime(run.started_at)
        reason = WHAT_FAILED.get(run.error, "an unexpected fault, see the worker’s log")
        found.append(
            f"The test request of {at:%A, %-I:%M %p} failed: {reason}. Visitors’ requests may not come through either."
        )
    if test and test.asked_at <= now - MAIL_IS_LATE_AFTER and _mails(test).exists() and not _mail_has_left(test):
        found.append("The mail of the daily test has not left within 30 minutes: staff may get no mail.")
    return found


def came_through(*, now: datetime) -> bool:
    """True when a test came through within 26 hours and its mail has left."""
    test = newest_test(now=now)
    return test is not None and _mail_has_left(test)


def banners(user, *, now: datetime) -> list[Banner]:
    """Return `trouble` as warnings for those who manage who is told of requests."""
    if not user.has_perm("consults.change_recipient"):
        return []
    return [Banner(text=text) for text in trouble(now=now)]


def newest_test(*, now: datetime) -> ConsultRequest | None:
    """The last test request that came through within 26 hours."""
    tests = ConsultRequest.objects.filter(is_test=True, asked_at__gt=now - SILENT_AFTER)
    return tests.only("reference", "asked_at").order_by("-asked_at").first()


def _failed_run(*, now: datetime, after: timedelta) -> JobRun | None:
    """The last run of the daily test, if it failed at least `after` ago and no test came through since."""
    run = JobRun.objects.filter(name=TEST_JOB).order_by("-pk").first()
    if run is None or run.started_at > now - after or (run.finished_at and not run.error):
        return None
    came_since = ConsultRequest.objects.filter(is_test=True, asked_at__gte=run.started_at).exists()
    return None if came_since else run


def _post() -> dict[str, str]:
    """What the form sends, and the token."""
    return {
        "location": UNSURE,
        "name": TEST_NAME,
        "phone": TEST_PHONE,
        "contact_by": ConsultRequest.ContactBy.CALL,
        "email": "",
        "best_time": ConsultRequest.BestTime.ANY,
        "source": ConsultRequest.Source.CONSULT,
        "page": reverse("consults:consult"),
        "consents": ConsultForm().initial["consents"],
        "leave_blank": "",
        PROBE_FIELD: new_probe(),
    }


def _headers() -> dict[str, str]:
    """Those of a form's post; past our own proxy, also what it would have said."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": urlsplit(settings.SITE_URL).netloc}
    if settings.SITE_IS_SECURE and not settings.SELF_TEST_URL.startswith("https:"):
        headers["X-Forwarded-Proto"] = "https"
    return headers


def _mails(test: ConsultRequest):
    return OutboxMessage.objects.filter(kind=OutboxMessage.Kind.TEST, about=test.subject)


def _mail_has_left(test: ConsultRequest) -> bool:
    """True once each mail of a test is sent; false when there was nobody to send one to."""
    states = set(_mails(test).values_list("state", flat=True))
    return states == {OutboxMessage.State.SENT}


def _claim_heartbeat(test: ConsultRequest, now: datetime) -> bool:
    """Whether this worker may ask now: nobody has, or the last try failed a minute ago."""
    if claim(HEARTBEAT, period=test.reference, now=now):
        return True
    tried = JobRun.objects.filter(name=HEARTBEAT, period=test.reference, finished_at=None)
    return bool(tried.filter(started_at__lte=now - HEARTBEAT_PAUSE).update(started_at=now))
