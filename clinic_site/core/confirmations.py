"""What only a person can know to be done. That they said so is an entry of the audit trail, and stands nowhere else."""

from datetime import datetime

from .audit_words import name_actions, name_subjects
from .encryption import lookup_hash
from .models import AuditEntry

CONFIRMED = "launch-confirmed"

name_subjects(launch="Before launch")
name_actions(launch_confirmed="Confirmed that it is done")


def hash_of(*parts: str) -> str:
    """Return what stands for these texts in a confirmation; with other texts it no longer holds."""
    return lookup_hash("\0".join(parts), purpose="launch")[:16]


def is_confirmed(key: str, *, of: str) -> bool:
    """True when somebody has said that `key` is done, and last said so of what `of` stands for."""
    last = AuditEntry.objects.filter(subject=f"launch:{key}", action=CONFIRMED).order_by("-at", "-pk").first()
    return last is not None and last.detail.get("of") == of


def confirm(*, key: str, of: str, actor, now: datetime) -> None:
    """Note that `actor` says it is done."""
    AuditEntry.record(action=CONFIRMED, subject=f"launch:{key}", now=now, actor=actor, of=of)
