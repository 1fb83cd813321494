"""What signing in keeps: how an account stands, and how often somebody tried."""

from django.conf import settings
from django.db import models


class AccountStanding(models.Model):
    """What an account must do before it may work, and which of its sessions still count.

    An account without a row has nothing to do, and its sessions are of generation 0.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="standing")
    must_change_password = models.BooleanField(default=False)
    generation = models.PositiveIntegerField(default=0, help_text="A session of an earlier one has ended.")

    def __str__(self) -> str:
        return f"Standing of account {self.user_id}"


class Tries(models.Model):
    """How often something that can be guessed was tried, in one place. `key` is a keyed hash: it names nobody."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True, help_text="From then on it counts anew.")

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"{self.count} tries"
