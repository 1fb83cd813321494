"""The accounts of the staff: who may open whose, and the one way in which they change."""

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from locations.models import Location

from .core.audit_words import name_actions, name_subjects
from .core.models import AuditEntry
from .roles import CLINICIAN, EDITOR, FRONT_DESK, IN_WORDS, MANAGER, OWNER
from .signin import standing
from .signin.mails import queue_change

name_subjects(user="Account", clinician="Clinician")
name_actions(
    account_created="Made an account",
    account_changed="Changed an account",
    account_switched_on="Switched an account on",
    account_switched_off="Switched an account off",
    account_deleted="Deleted an account",
    roles_changed="Changed somebody’s roles",
    clinics_changed="Changed whose requests somebody sees",
    signer_changed="Changed whose account signs for a clinician",
    **{
        "password-set": "Set somebody’s password",
        "password-changed": "Changed their own password",
        "superuser-password-set": "Superuser’s password set on the server",
        "second-step-taken": "Took somebody’s second step away",
    },
)

GIVEN_BY_MANAGERS = [FRONT_DESK, EDITOR, CLINICIAN, MANAGER]


def roles_to_give(user: User) -> list[str]:
    """Return the roles that `user` may give and take; none for anybody but managers, owners and superusers.

    It goes by the role and not by a permission: "may change accounts" alone must never be enough to
    make oneself more than one is.
    """
    if not user.is_active:
        return []
    if user.is_superuser:
        return list(IN_WORDS)
    # Asked of the database once: a request brings its own user object, as it does for permissions.
    if not hasattr(user, "_roles_held"):
        user._roles_held = set(user.groups.values_list("name", flat=True))
    if OWNER in user._roles_held:
        return list(IN_WORDS)
    return GIVEN_BY_MANAGERS if MANAGER in user._roles_held else []


def accounts_open_to(user: User) -> QuerySet[User]:
    """Return the accounts that `user` may look after: never one that can do what they cannot give.

    For owners that is all but superusers; for managers neither owners nor accounts with rights of their own.
    """
    accounts = User.objects.all()
    if user.is_superuser and user.is_active:
        return accounts
    roles = roles_to_give(user)
    if not roles:
        return accounts.none()
    accounts = accounts.filter(is_superuser=False)
    if OWNER in roles:
        return accounts
    return accounts.exclude(groups__in=Group.objects.exclude(name__in=roles)).exclude(user_permissions__isnull=False)


@transaction.atomic
def keep_account(
    *,
    account: User,
    changed: Iterable[str],
    by: User,
    now: datetime,
    roles: Iterable[str] | None = None,
    clinics: Iterable[Location] | None = None,
) -> None:
    """Store an account, new or with the fields named in `changed`, its roles and its clinics, each with an audit entry.

    None for `roles` or `clinics` leaves them as they are. Raises PermissionDenied for a role that
    `by` may not give or take, and when `by` would change their own roles.
    """
    if account.pk is None:
        account.is_staff = True
        account.save()
        _record("account-created", account, by, now)
    elif changed := sorted(changed):
        # Only what was changed: the password may have been set anew since the form was opened.
        account.save(update_fields=changed)
        _record("account-changed", account, by, now, fields=changed)
        if "is_active" in changed:
            _record("account-switched-on" if account.is_active else "account-switched-off", account, by, now)
            standing.end_sessions(account)
    if roles is not None:
        _set_roles(account, set(roles), by, now)
    if clinics is not None:
        _set_clinics(account, {clinic.pk for clinic in clinics}, by, now)


def _set_roles(account: User, wanted: set[str], by: User, now: datetime) -> None:
    held = set(account.groups.filter(name__in=IN_WORDS).values_list("name", flat=True))
    given, taken = wanted - held, held - wanted
    if not (given or taken):
        return
    if account == by or (given | taken) - set(roles_to_give(by)):
        raise PermissionDenied
    account.groups.add(*Group.objects.filter(name__in=given))
    account.groups.remove(*Group.objects.filter(name__in=taken))
    standing.end_sessions(account)
    _record("roles-changed", account, by, now, given=sorted(given), taken=sorted(taken))


def _set_clinics(account: User, wanted: set[int], by: User, now: datetime) -> None:
    held = set(account.desk_clinics.values_list("pk", flat=True))
    if wanted != held:
        account.desk_clinics.set(wanted)
        given, taken = sorted(wanted - held), sorted(held - wanted)
        _record("clinics-changed", account, by, now, given=given, taken=taken)


@transaction.atomic
def delete_account(*, account: User, by: User, now: datetime) -> None:
    """Delete an account. Requests, articles, reviews, activities and audit entries stay, the last two with its name."""
    _record("account-deleted", account, by, now)
    account.delete()


@transaction.atomic
def record_password(*, account: User, by: User, now: datetime) -> None:
    """Leave an audit entry that says who set whose password, never which.

    One that somebody else set must be changed by its owner before anything else.
    """
    standing.ask_for_new_password(account, must=account != by)
    _record("password-changed" if account == by else "password-set", account, by, now)


@transaction.atomic
def take_second_step(*, account: User, by: User, now: datetime) -> None:
    """Take passkeys, authenticator app and recovery codes away from an account, and end its sessions.

    At the next sign-in its owner sets up new ones. They are told by mail.
    """
    Authenticator.objects.filter(user=account).delete()
    standing.end_sessions(account)
    queue_change(user=account, change="taken-away", now=now)
    _record("second-step-taken", account, by, now)


def _record(action: str, account: User, by: User, now: datetime, **detail) -> None:
    AuditEntry.record(action=action, subject=f"user:{account.pk}", now=now, actor=by, **detail)
