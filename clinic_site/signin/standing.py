"""How a session stands: signed in when, last seen when, proved when, and with a second step or not.

The marks lie in the session; what ends sessions from outside is a number on the account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import F

from .models import AccountStanding

MARKS = "signin"
# A second step that was taken before the sign-in it belongs to is complete.
TAKEN = "signin_second_step"
SECOND_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
FRESH_FOR = timedelta(minutes=15)
# The session is written at most this often only to say that it was seen.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What holds of one session at one moment."""

    has_ended: bool
    must_change_password: bool
    took_second_step: bool
    is_too_old: bool
    was_idle: bool
    is_fresh: bool

    @property
    def is_locked(self) -> bool:
        """True until the person proves again who they are. What they typed meanwhile is not lost."""
        return self.is_too_old or self.was_idle


def standing_of(request, *, now: datetime) -> Standing:
    """Return how the session of a signed-in person stands. Asks the database once."""
    marks = request.session.get(MARKS) or {}
    account = AccountStanding.objects.filter(user_id=request.user.pk).first() or AccountStanding()
    return Standing(
        has_ended=not marks or marks["generation"] != account.generation,
        must_change_password=account.must_change_password,
        took_second_step=bool(marks.get("second")),
        is_too_old=_age(marks, "at", now) >= timedelta(hours=settings.SIGN_IN_LASTS_HOURS),
        was_idle=_age(marks, "seen", now) >= timedelta(minutes=settings.SIGN_IN_IDLE_MINUTES),
        is_fresh=_age(marks, "proved", now) < FRESH_FOR,
    )


def begin(request, user: User, *, now: datetime) -> None:
    """Mark a session that was just signed in."""
    taken = request.session.pop(TAKEN, None) or {}
    account = AccountStanding.objects.filter(user_id=user.pk).first() or AccountStanding()
    moment = _moment(now)
    request.session[MARKS] = {
        "at": moment,
        "seen": moment,
        "proved": moment,
        "second": taken.get("user") == user.pk,
        "generation": account.generation,
    }


def note_second_step(request, user: User) -> None:
    """Mark that the person behind this session has shown a second step, while signing in or later."""
    if request.user.is_authenticated:
        _mark(request, second=True)
    else:
        request.session[TAKEN] = {"user": user.pk}


def forget_second_step(request) -> None:
    """Mark that this session's second step is no longer one: the account has none."""
    _mark(request, second=False)


def prove(request, *, now: datetime) -> None:
    """Mark that the person showed again who they are: a locked session goes on, under a new key, from the start."""
    moment = _moment(now)
    request.session.cycle_key()
    _mark(request, at=moment, seen=moment, proved=moment)


def see(request, *, now: datetime) -> None:
    """Mark that somebody is there."""
    if _age(request.session[MARKS], "seen", now) >= SEEN_EVERY:
        _mark(request, seen=_moment(now))


def has_second_step(user: User) -> bool:
    """True when the account has a passkey or an authenticator app."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_STEPS).exists()


def end_sessions(user: User) -> None:
    """End every session of an account at once, wherever it is open."""
    AccountStanding.objects.get_or_create(user=user)
    AccountStanding.objects.filter(user=user).update(generation=F("generation") + 1)


def end_other_sessions(request, user: User) -> None:
    """End every session of an account but the one in which its owner just changed how they sign in."""
    end_sessions(user)
    _mark(request, generation=AccountStanding.objects.get(user=user).generation)


def ask_for_new_password(user: User, *, must: bool = True) -> None:
    """Have somebody choose a password of their own before they do anything else; or no longer."""
    AccountStanding.objects.update_or_create(user=user, defaults={"must_change_password": must})


def forget_sessions(*, now: datetime) -> None:
    """Delete sessions that ran out: nobody can go on with them."""
    Session.objects.filter(expire_date__lte=now).delete()


def _moment(now: datetime) -> int:
    return int(now.timestamp())


def _age(marks: dict, name: str, now: datetime) -> timedelta:
    return timedelta(seconds=_moment(now) - marks.get(name, 0))


def _mark(request, **changes) -> None:
    request.session[MARKS] = {**request.session.get(MARKS, {}), **changes}
