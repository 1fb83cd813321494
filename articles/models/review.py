"""A clinician's sign-off on an article."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from locations.models import Clinician

from .article import Article


class Review(models.Model):
    """A clinician read this article and stands by it until `next_due_on`."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="reviews")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="reviews")
    credential = models.CharField(
        max_length=60, help_text="As it stood on that day, such as MD or PMHNP. Readers see it."
    )
    scope = models.CharField(max_length=120, default="Medical accuracy", help_text="What was reviewed.")
    reviewed_on = models.DateField(help_text="Readers see this date.")
    next_due_on = models.DateField(
        "next review due on", help_text="Twelve months later at most. Readers see this date."
    )
    voided_at = models.DateTimeField(null=True, blank=True, help_text="When an edit made the review void.")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(next_due_on__gt=models.F("reviewed_on")), name="articles_review_due_after_review"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_name}, {self.reviewed_on}"

    @property
    def stands(self) -> bool:
        """True until a later edit voids the review."""
        return self.voided_at is None

    def clean(self) -> None:
        if not (self.reviewed_on and self.next_due_on):
            return
        if self.next_due_on <= self.reviewed_on:
            raise ValidationError({"next_due_on": "This must be later than the day of the review."})
        if (self.next_due_on - self.reviewed_on).days > 366:
            raise ValidationError({"next_due_on": "Reviews are due again within twelve months."})

    @property
    def reviewer_name(self) -> str:
        return f"{self.clinician.name}, {self.credential}"
