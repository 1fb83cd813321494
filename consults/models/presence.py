"""Who has which request open, so that two people do not call the same person."""

from django.conf import settings
from django.db import models

from .request import ConsultRequest


class OpenedRequest(models.Model):
    """When somebody of the staff last had a request open."""

    request = models.ForeignKey(ConsultRequest, on_delete=models.CASCADE, related_name="opened")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "user"], name="consults_opened_once_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.at:%H:%M}"
