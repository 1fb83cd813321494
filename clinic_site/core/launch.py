"""What is missing before the site may open. Each app lists its own checks; clinic_site.launch gathers them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from .confirmations import hash_of, is_confirmed
from .models import ClinicIdentity, JobRun, Page

# A day with an hour more, as one is each autumn, and another to spare; a week and a day.
BACKUP_IS_OLD_AFTER, CHECK_IS_OLD_AFTER = timedelta(hours=26), timedelta(days=8)
PAGES_TO_READ = ("privacy", "accessibility")


@dataclass(frozen=True, kw_only=True)
class LaunchItem:
    """One thing to do before opening: urgent when requests would be lost or readers misled without it, else advice.

    `url` leads to the place where it is done or read, `setting` names the one in .env. With
    `confirms` it is for somebody to say that it is done: see `confirmations`, as for `of`.
    """

    text: str
    url: str = ""
    setting: str = ""
    is_urgent: bool = False
    confirms: str = ""
    of: str = ""


@dataclass(frozen=True)
class LaunchCheck:
    """What is looked at under one name. `find` is called with `now`; finding nothing, it is `done`, in these words."""

    name: str
    done: str
    find: Callable[..., list[LaunchItem]]


def found_by(checks: Iterable[LaunchCheck], *, now: datetime) -> list[LaunchItem]:
    """Return everything that `checks` find."""
    return [item for check in checks for item in check.find(now=now)]


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what the site as a whole still lacks, whatever the apps say."""
    return found_by(CHECKS, now=now)


def _phone(*, now: datetime) -> list[LaunchItem]:
    if ClinicIdentity.load().phone:
        return []
    url = reverse("admin:core_clinicidentity_changelist")
    return [LaunchItem(text="The clinic’s phone number is empty.", url=url, is_urgent=True)]


def _answer_hours(*, now: datetime) -> list[LaunchItem]:
    if ClinicIdentity.load().answer_within_hours:
        return []
    text = "Nothing is promised about when people hear from us; no reminders are sent about requests that wait."
    return [LaunchItem(text=text, url=reverse("admin:core_clinicidentity_changelist"))]


def _https(*, now: datetime) -> list[LaunchItem]:
    if settings.SITE_IS_SECURE:
        return []
    text = "The address of the site (SITE_URL) does not begin with https."
    return [LaunchItem(text=text, setting="SITE_URL", is_urgent=True)]


def _public(*, now: datetime) -> list[LaunchItem]:
    if settings.SITE_IS_PUBLIC:
        return []
    return [
        LaunchItem(text="Search engines are told to keep every page out (SITE_IS_PUBLIC).", setting="SITE_IS_PUBLIC")
    ]


def _security_contact(*, now: datetime) -> list[LaunchItem]:
    if settings.SECURITY_CONTACT:
        return []
    text = "Nobody is named for reports of security faults (SECURITY_CONTACT); the site gives the phone number."
    return [LaunchItem(text=text, setting="SECURITY_CONTACT")]


def _backup(*, now: datetime) -> list[LaunchItem]:
    return _job("backup", "No backup has been made", BACKUP_IS_OLD_AFTER, "26 hours", now)


def _backup_check(*, now: datetime) -> list[LaunchItem]:
    return _job("verify-backup", "No backup has been tried out (verify_backup)", CHECK_IS_OLD_AFTER, "8 days", now)


def _job(name: str, text: str, old_after: timedelta, words: str, now: datetime) -> list[LaunchItem]:
    good = JobRun.objects.filter(name=name, error="", finished_at__isnull=False)
    if good.filter(finished_at__gt=now - old_after).exists():
        return []
    since = f" in the last {words}" if good.exists() else " yet"
    url = f"{reverse('admin:core_jobrun_changelist')}?name={name}"
    return [LaunchItem(text=f"{text}{since}.", url=url, is_urgent=True)]


def _keys(*, now: datetime) -> list[LaunchItem]:
    """Nobody but a person can tell. With other keys it is asked anew."""
    names = [name for name in ("FIELD_KEYS", "LOOKUP_KEY", "BACKUP_KEYS") if getattr(settings, name, "")]
    of = hash_of(*(str(getattr(settings, name)) for name in names))
    if is_confirmed("keys-kept", of=of):
        return []
    text = "A copy of the keys in .env must lie somewhere else: without them nobody can read the requests again."
    return [LaunchItem(text=text, setting="FIELD_KEYS", is_urgent=True, confirms="keys-kept", of=of)]


def _pages(*, now: datetime) -> list[LaunchItem]:
    """What the clinic tells of itself to readers, it must have read. A page that changed is read anew."""
    pages = {page.slug: page for page in Page.objects.shown().filter(slug__in=PAGES_TO_READ)}
    items = [
        LaunchItem(text=f"Readers find no page about {slug}.", is_urgent=True)
        for slug in PAGES_TO_READ
        if slug not in pages
    ]
    of = hash_of(*(f"{slug} {page.modified_at.isoformat()}" for slug, page in sorted(pages.items())))
    if pages and not is_confirmed("pages-read", of=of):
        text = "Somebody must read the pages about privacy and accessibility: does the clinic do what they say?"
        url = next(iter(pages.values())).get_absolute_url()
        items.append(LaunchItem(text=text, url=url, is_urgent=True, confirms="pages-read", of=of))
    return items


CHECKS = [
    LaunchCheck("https", "The site’s address begins with https.", _https),
    LaunchCheck("search-engines", "Search engines may show the site.", _public),
    LaunchCheck("phone", "Readers see the clinic’s phone number.", _phone),
    LaunchCheck("promise", "Readers are told when they will hear from the clinic.", _answer_hours),
    LaunchCheck("security-contact", "Somebody is named for reports of security faults.", _security_contact),
    LaunchCheck("pages", "The pages about privacy and accessibility were read and found right.", _pages),
    LaunchCheck("backup", "A backup was made within the last day.", _backup),
    LaunchCheck("backup-check", "A backup was tried out within the last week.", _backup_check),
    LaunchCheck("keys", "A copy of the keys lies somewhere else.", _keys),
]
