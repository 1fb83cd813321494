"""What happens around signing in that Django and allauth only tell of by signals; nothing else is received.

Django's `user_logged_in` is the one place that every road into the site passes.
"""

from allauth.account.signals import authentication_step_completed
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.utils import timezone

from . import audit, standing, tries

Type = Authenticator.Type


@receiver(user_logged_in)
def begin_session(sender, request, user, **kwargs) -> None:
    standing.begin(request, user, now=timezone.now())


@receiver(authentication_step_completed)
def proved(sender, request, user, method: str, reauthenticated: bool = False, **kwargs) -> None:
    if method == "mfa":
        standing.note_second_step(request, user)
    if reauthenticated:
        now = timezone.now()
        standing.prove(request, now=now)
        audit.note("identity-proved", user=user, now=now, by=method)


@receiver(signals.authenticator_used)
def count_recovery_codes(sender, request, user, authenticator, **kwargs) -> None:
    if authenticator.type == Type.RECOVERY_CODES:
        left = len(Authenticator.objects.get(pk=authenticator.pk).wrap().get_unused_codes())
        words = f"You used a recovery code; {left} are left. Make new ones under “Signing in” before they run out."
        messages.warning(request, words)


@receiver(signals.authenticator_added)
def added(sender, request, user, authenticator, **kwargs) -> None:
    if authenticator.type in standing.SECOND_STEPS:
        standing.note_second_step(request, user)
        standing.end_other_sessions(request, user)
    audit.note("second-step-added", user=user, now=timezone.now(), kind=authenticator.type)


@receiver(signals.authenticator_removed)
def removed(sender, request, user, authenticator, **kwargs) -> None:
    if not standing.has_second_step(user):
        standing.forget_second_step(request)
    if authenticator.type in standing.SECOND_STEPS:
        standing.end_other_sessions(request, user)
    audit.note("second-step-removed", user=user, now=timezone.now(), kind=authenticator.type)


@receiver(signals.authenticator_reset)
def reset(sender, request, user, authenticator, **kwargs) -> None:
    standing.end_other_sessions(request, user)
    audit.note("second-step-reset", user=user, now=timezone.now(), kind=authenticator.type)


@receiver(signals.authentication_failed)
def refused(sender, request, user, authenticator, **kwargs) -> None:
    place = tries.place_of(request, user_id=user.pk)
    audit.note_stranger("second-step-refused", user_id=user.pk, place=place, now=timezone.now())
