"""What is missing before requests can be received and answered."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from clinic_site.core.confirmations import hash_of, is_confirmed
from clinic_site.core.dashboard import worker_is_alive
from clinic_site.core.launch import LaunchCheck, LaunchItem, found_by
from clinic_site.core.models import ClinicIdentity
from locations.models import Location

from . import silence
from .dashboard import clinics_without_recipient
from .models import ConsentText, Recipient


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what keeps a request from reaching staff, and what the form still lacks."""
    return found_by(CHECKS, now=now)


def _recipients(*, now: datetime) -> list[LaunchItem]:
    url = reverse("admin:consults_recipient_add")
    nobody = [
        LaunchItem(text=f"{location.name}: nobody is told about new requests.", url=url, is_urgent=True)
        for location in clinics_without_recipient()
    ]
    waiting = [
        LaunchItem(
            text=f"{recipient.email} waits for its code and gets no mail until it is entered.",
            url=reverse("admin:consults_recipient_change", args=[recipient.pk]),
            is_urgent=True,
        )
        for recipient in Recipient.objects.filter(is_active=True, verified_at=None).order_by("email", "pk")
    ]
    return [*nobody, *waiting]


def _alarms(*, now: datetime) -> list[LaunchItem]:
    if Recipient.objects.filter(is_active=True, verified_at__isnull=False, gets_alarms=True).exists():
        return []
    url = reverse("admin:consults_recipient_changelist")
    return [LaunchItem(text="Nobody gets alarms when a mail fails or a promise breaks.", url=url, is_urgent=True)]


def _mail(*, now: datetime) -> list[LaunchItem]:
    if settings.MAIL_IS_CONFIGURED:
        return []
    text = "No mail server is set (EMAIL_URL): mails are not sent."
    return [LaunchItem(text=text, setting="EMAIL_URL", is_urgent=True)]


def _worker(*, now: datetime) -> list[LaunchItem]:
    if worker_is_alive(now=now):
        return []
    return [LaunchItem(text="The worker that sends mails is not running.", is_urgent=True)]


def _daily_test(*, now: datetime) -> list[LaunchItem]:
    if silence.came_through(now=now):
        return []
    text = "No test request has come through the form and left as a mail in the last 26 hours."
    url = f"{reverse('admin:core_jobrun_changelist')}?name={silence.TEST_JOB}"
    return [LaunchItem(text=text, url=url, is_urgent=True)]


def _heartbeat(*, now: datetime) -> list[LaunchItem]:
    if settings.HEARTBEAT_URL:
        return []
    text = "Nobody outside notices when the whole machine is off (HEARTBEAT_URL)."
    return [LaunchItem(text=text, setting="HEARTBEAT_URL")]


def _wordings(*, now: datetime) -> list[LaunchItem]:
    url = reverse("admin:consults_consenttext_add")
    return [
        LaunchItem(text=f"The consult form has no consent wording for: {label.lower()}.", url=url, is_urgent=True)
        for purpose, label in ConsentText.Purpose.choices
        if ConsentText.current(purpose) is None
    ]


def _wordings_read(*, now: datetime) -> list[LaunchItem]:
    """Whoever sends the form agrees to these words. A new version is read anew."""
    texts = [text for purpose in ConsentText.Purpose.values if (text := ConsentText.current(purpose))]
    of = hash_of(*(str(text.pk) for text in texts))
    if not texts or is_confirmed("wordings-read", of=of):
        return []
    return [
        LaunchItem(
            text="Somebody who knows the law must read what people agree to with the form.",
            url=reverse("admin:consults_consenttext_changelist"),
            is_urgent=True,
            confirms="wordings-read",
            of=of,
        )
    ]


def _promise(*, now: datetime) -> list[LaunchItem]:
    """The promise speaks of opening hours: a clinic that has told none is held to it day and night."""
    promise = ClinicIdentity.load().promise_text
    return [
        LaunchItem(
            text=f"Readers are told: “{promise}” {location.name} has no hours: there, every hour counts.",
            url=f"{reverse('admin:locations_location_change', args=[location.pk])}#hours-group",
        )
        for location in (Location.objects.active().filter(hours=None) if promise else [])
    ]


CHECKS = [
    LaunchCheck("mail", "A mail server is set.", _mail),
    LaunchCheck("worker", "The worker that sends mails is running.", _worker),
    LaunchCheck(
        "recipients", "Somebody is told about the requests of each clinic, and has entered the code.", _recipients
    ),
    LaunchCheck("alarms", "Somebody gets alarms.", _alarms),
    LaunchCheck("daily-test", "A test request came through within a day, and its mail left.", _daily_test),
    LaunchCheck("heartbeat", "A service outside is told of each daily test.", _heartbeat),
    LaunchCheck("wordings", "The form has a consent wording for each purpose.", _wordings),
    LaunchCheck("wordings-read", "What people agree to was read and found right.", _wordings_read),
    LaunchCheck("promise-hours", "Each clinic has the hours that the promise counts in, if there is one.", _promise),
]
