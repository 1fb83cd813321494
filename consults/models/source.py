"""Which articles bring consults: a count of its own, never joined to a request."""

from django.db import models


class SourceCount(models.Model):
    """How many requests were sent from one page on one day."""

    day = models.DateField()
    path = models.CharField(max_length=150)
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "path"], name="consults_source_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.path}"
