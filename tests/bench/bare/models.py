"""One row of a form, as a first tutorial would store it."""

from django.db import models


class Entry(models.Model):
    """What somebody sent, in plain text."""

    location = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    contact_by = models.CharField(max_length=5)
    best_time = models.CharField(max_length=10)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"entry {self.pk}"
