"""What the audit trail says of signing in: who and how, never what was typed."""

from datetime import datetime

from django.contrib.auth.models import User

from clinic_site.core.audit_words import name_actions
from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry

name_actions(
    signed_in="Signed in",
    signed_out="Signed out",
    sign_in_refused="Sign-in refused: wrong password or passkey",
    sign_in_locked="Sign-in locked for 15 minutes: too many tries",
    second_step_refused="Sign-in refused: wrong code",
    second_step_locked="Second step locked for 15 minutes: too many tries",
    second_step_added="Added a second step",
    second_step_removed="Removed a second step",
    second_step_reset="Made new recovery codes",
    identity_proved="Proved again who they are",
    break_glass="Signed in with the emergency account",
    **{"password-reset-asked": "Asked for a link to set a new password"},
)

UNKNOWN = "user:unknown"


def subject_of(user_id: int | None) -> str:
    """What entries call an account; a name that nobody has is not written out."""
    return f"user:{user_id}" if user_id else UNKNOWN


def note(action: str, *, user: User, now: datetime, **detail) -> None:
    """Note what somebody did with their own account."""
    AuditEntry.record(action=action, subject=subject_of(user.pk), now=now, actor=user, **detail)


def note_stranger(action: str, *, user_id: int | None, place: str, now: datetime) -> None:
    """Note what somebody tried who did not show who they are.

    `place` becomes eight digits of a keyed hash: many tries from one place can be seen to be that.
    """
    mark = lookup_hash(place, purpose="sign-in place")[:8]
    AuditEntry.record(action=action, subject=subject_of(user_id), now=now, place=mark)
