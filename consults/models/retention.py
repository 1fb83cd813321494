"""How long requests are kept: one row that the manager can change."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class RetentionRules(models.Model):
    """The clinic's own limit. What spam and tests are kept for is fixed."""

    closed_months = models.PositiveSmallIntegerField(
        "keep finished requests for (months)",
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Booked and closed requests are deleted this long after their end. Open ones never are.",
    )

    class Meta:
        verbose_name = "retention rules"
        verbose_name_plural = "retention rules"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="consults_retention_is_one_row"),
            models.CheckConstraint(
                condition=models.Q(closed_months__gte=1, closed_months__lte=120), name="consults_retention_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"finished requests are kept for {self.closed_months} months"

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> "RetentionRules":
        """Return the one row, or an unsaved one with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
