"""Who did what, and when. Never what the values were."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One thing that happened to something that matters. Rows are only ever added."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Kept when the account is deleted.")
    action = models.SlugField(max_length=40)
    subject = models.CharField(max_length=80, db_index=True, help_text="Kind and id, such as consult:7K3M9PXW.")
    detail = models.JSONField(default=dict, help_text="Ids and field names only, never values.")

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject}"

    @classmethod
    def record(cls, *, action: str, subject: str, now, actor=None, **detail) -> "AuditEntry":
        """Add one entry. `detail` takes ids, counts and field names, never what a person typed."""
        return cls.objects.create(
            at=now,
            actor=actor,
            actor_name=actor.get_username() if actor else "",
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
