"""What visits to the links that lead to other sites found."""

from datetime import timedelta

from django.db import models

CONFIRM_AFTER = timedelta(days=1)


class CheckedLinkQuerySet(models.QuerySet):
    def broken(self) -> "CheckedLinkQuerySet":
        """Links that failed twice, a day or more apart: see CheckedLink.is_broken."""
        return self.filter(first_failed_at__lte=models.F("checked_at") - CONFIRM_AFTER)


class CheckedLink(models.Model):
    """One address on another site that a text or a reference links to, and how the last visit went."""

    url = models.CharField("address", max_length=1000, unique=True)
    due_at = models.DateTimeField("next visit", help_text="Not before this moment.")
    checked_at = models.DateTimeField("last visit", null=True, blank=True)
    status = models.PositiveSmallIntegerField(
        "answer", null=True, blank=True, help_text="The HTTP status; empty when there was no answer."
    )
    problem = models.CharField(
        max_length=200, blank=True, help_text="What went wrong, or why nothing could be told. Empty: it answered."
    )
    first_failed_at = models.DateTimeField(
        "failing since", null=True, blank=True, help_text="Empty when it answered, or could not be checked."
    )
    moved_to = models.CharField(
        max_length=1000, blank=True, help_text="Where the address has moved for good. Better link there."
    )
    # Until then one worker has it in hand, and nobody else visits anything.
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CheckedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "link to another site"
        verbose_name_plural = "links to other sites"
        indexes = [models.Index(fields=["due_at"], name="articles_links_by_due_moment")]

    def __str__(self) -> str:
        return self.url

    @property
    def is_broken(self) -> bool:
        """True when it failed twice, a day or more apart: one failure may be a bad hour."""
        return bool(self.first_failed_at and self.checked_at) and (
            self.checked_at - self.first_failed_at >= CONFIRM_AFTER
        )
