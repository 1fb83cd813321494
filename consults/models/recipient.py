"""Who in the clinic is told about a new request."""

from django.db import models

from locations.models import Location


class RecipientQuerySet(models.QuerySet):
    def told_about(self, location: Location | None) -> "RecipientQuerySet":
        """Verified, active recipients of one clinic's requests; of all when the person was not sure."""
        active = self.filter(is_active=True, verified_at__isnull=False)
        if location is None:
            return active
        return active.filter(models.Q(location=location) | models.Q(location=None))


class Recipient(models.Model):
    """One mail address of the clinic."""

    email = models.EmailField("e-mail address")
    location = models.ForeignKey(
        Location,
        verbose_name="clinic",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="recipients",
        help_text="Told about requests for this clinic. Empty: told about every request.",
    )
    is_active = models.BooleanField("gets mail", default=True)
    gets_alarms = models.BooleanField(
        "gets alarms",
        default=False,
        db_default=False,
        help_text="For the manager: also told when a mail fails, a promise breaks or the daily test is late.",
    )
    verified_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the mailed code was entered. Empty: gets no mail yet."
    )
    code_hash = models.CharField(max_length=64, blank=True, db_default="", editable=False)
    code_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email", "location"],
                name="consults_recipient_once_a_clinic",
                violation_error_message="This address already gets these requests.",
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(location=None),
                name="consults_recipient_once_for_all",
                violation_error_message="This address already gets every request.",
            ),
        ]

    def __str__(self) -> str:
        return self.email
