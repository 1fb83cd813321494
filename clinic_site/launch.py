"""The list before opening: what the apps look at, the people, the settings. The admin and `launch_check` show it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core import checks as system_checks
from django.core.checks import Tags
from django.urls import reverse

from articles import launch as articles_launch
from clinic_site.core import launch as core_launch
from clinic_site.core.launch import LaunchCheck, LaunchItem
from consults import launch as consults_launch
from locations import launch as locations_launch

from .roles import MANAGER, OWNER

# Warnings of the system check that have a line of their own here, and those that all mean "no https".
SAID_ELSEWHERE = {"clinic.W001", "clinic.W021", "clinic.W022", "clinic.W023"}
WITHOUT_HTTPS = {"security.W004", "security.W008", "security.W012", "security.W016"}


class State(StrEnum):
    MISSING = "missing"
    ADVICE = "advice"
    DONE = "done"


@dataclass(frozen=True)
class Part:
    """The checks of one kind. `permission` is that of the people who can do something about it."""

    title: str
    permission: str
    checks: list[LaunchCheck]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the list: what was looked at, and how it stands."""

    part: Part
    check: str
    state: State
    text: str
    item: LaunchItem | None = None

    @property
    def where(self) -> str:
        """The address or the setting where it is done; '' where neither is."""
        if self.item is None:
            return ""
        if self.item.url:
            return f"{settings.SITE_URL}{self.item.url}"
        return f"{self.item.setting} in .env" if self.item.setting else ""


def lines(*, now: datetime, may_see: Callable[[str], bool] = lambda permission: True) -> list[Line]:
    """Return the whole list, part by part, what is done included.

    `may_see` is asked for each part with its permission.
    """
    return [
        line for part in PARTS if may_see(part.permission) for check in part.checks for line in _lines(part, check, now)
    ]


def is_ready(found: Iterable[Line]) -> bool:
    """True when nothing is missing without which requests are lost or readers misled."""
    return all(line.state != State.MISSING for line in found)


def _lines(part: Part, check: LaunchCheck, now: datetime) -> list[Line]:
    items = check.find(now=now)
    if not items:
        return [Line(part=part, check=check.name, state=State.DONE, text=check.done)]
    return [
        Line(
            part=part,
            check=check.name,
            state=State.MISSING if item.is_urgent else State.ADVICE,
            text=item.text,
            item=item,
        )
        for item in items
    ]


def _staff():
    return User.objects.filter(is_active=True, is_staff=True)


def _second_step(*, now: datetime) -> list[LaunchItem]:
    url = reverse("admin:auth_user_changelist")
    if not apps.is_installed("allauth.mfa"):
        return [LaunchItem(text="Staff sign in with a password alone.", is_urgent=True)]
    steps = apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "webauthn"])
    count = _staff().exclude(pk__in=steps.values("user")).count()
    if not count:
        return []
    text = f"{count} account of the staff signs" if count == 1 else f"{count} accounts of the staff sign"
    return [LaunchItem(text=f"{text} in with a password alone.", url=url, is_urgent=True)]


def _heads(*, now: datetime) -> list[LaunchItem]:
    count = _staff().filter(groups__name__in=[MANAGER, OWNER]).distinct().count()
    url = reverse("admin:auth_user_changelist")
    if count == 0:
        return [
            LaunchItem(text="Nobody is manager or owner; the superuser is for emergencies.", url=url, is_urgent=True)
        ]
    if count == 1:
        return [LaunchItem(text="One person alone is manager or owner: who does it when they are away?", url=url)]
    return []


def _settings(*, now: datetime) -> list[LaunchItem]:
    """What `manage.py check --deploy` says of the settings."""
    found = system_checks.run_checks(tags=["clinic", Tags.security], include_deployment_checks=True)
    ignored = SAID_ELSEWHERE if settings.SITE_IS_SECURE else SAID_ELSEWHERE | WITHOUT_HTTPS
    ids = sorted({message.id for message in found if not message.is_silenced() and message.id not in ignored})
    if not ids:
        return []
    return [LaunchItem(text=f"`manage.py check --deploy` finds fault: {', '.join(ids)}.", is_urgent=True)]


PARTS = [
    Part("Requests", "consults.change_recipient", consults_launch.CHECKS),
    Part("The site", "core.change_clinicidentity", core_launch.CHECKS),
    Part(
        "People and settings",
        "auth.change_user",
        [
            LaunchCheck("second-step", "Everybody of the staff has a second step for signing in.", _second_step),
            LaunchCheck("heads", "Two people or more are manager or owner.", _heads),
            LaunchCheck("settings", "The system check finds no fault with the settings.", _settings),
        ],
    ),
    Part("Clinics", "locations.change_location", locations_launch.CHECKS),
    Part("Articles", "articles.change_article", articles_launch.CHECKS),
]
