"""Which parts of the initial content this database has been given."""

from django.db import models


class LoadedContent(models.Model):
    """One row of initial content that was offered to this database.

    It is never offered again: what staff changed stays changed, what they deleted stays deleted.
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="core_content_is_loaded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
