"""Who did what, and when. Never what the values were."""

from django.conf import settings
from django.db import models

from ..client_address import current_address


class AuditEntry(models.Model):
    """One thing that happened to something that matters. Rows are only ever added: see `core.append_only`."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Kept when the account is deleted.")
    from_address = models.GenericIPAddressField(
        "from where", null=True, blank=True, help_text="The network address that a member of staff worked from."
    )
    action = models.SlugField(max_length=40)
    subject = models.CharField(max_length=80, db_index=True, help_text="Kind and id, such as consult:7K3M9PXW.")
    detail = models.JSONField(default=dict, help_text="Ids and field names only, never values.")

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["action", "-at"], name="core_audit_action"),
            models.Index(fields=["actor_name", "-at"], name="core_audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject}"

    @classmethod
    def record(cls, *, action: str, subject: str, now, actor=None, **detail) -> "AuditEntry":
        """Add one entry. `detail` takes ids, counts and field names, never what a person typed.

        With an `actor`, the entry says from which address they worked; a visitor's address is never kept.
        """
        return cls.objects.create(
            at=now,
            actor=actor,
            actor_name=actor.get_username() if actor else "",
            from_address=(current_address.get() or None) if actor else None,
            action=action,
            subject=subject,
            detail=detail,
        )

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise TypeError("Audit entries are only ever added")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("Audit entries are only ever added")
