"""How often one place sent the form, without keeping which place it was."""

from django.db import models


class ClientCount(models.Model):
    """How many forms came from one place within one hour. The hash is keyed and changes every day."""

    client_hash = models.CharField(max_length=64)
    hour = models.DateTimeField(help_text="The hour's first moment.")
    forms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client_hash", "hour"], name="consults_client_once_an_hour"),
        ]
        indexes = [
            models.Index(fields=["hour"], name="consults_client_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.forms}"
