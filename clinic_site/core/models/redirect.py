"""Addresses that pages once had."""

from django.db import models


class Redirect(models.Model):
    """Where the readers of an old address are sent. Looked up only when no page answers."""

    old_path = models.CharField(
        "old address",
        max_length=255,
        unique=True,
        help_text="The part after the site’s name, such as /old-page/. A page that is still there wins over this.",
    )
    new_path = models.CharField(
        "new address",
        max_length=255,
        blank=True,
        db_index=True,
        help_text="A page of this site, such as /about/. Empty: readers are told that the page was removed.",
    )
    is_manual = models.BooleanField("entered by hand", default=False, editable=False)
    created_at = models.DateTimeField("since", editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(old_path=models.F("new_path")),
                name="core_redirect_leads_elsewhere",
                violation_error_message="The old and the new address are the same.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path or 'removed'}"
