"""Links by which outsiders read an article before it is published."""

from datetime import datetime

from django.conf import settings
from django.db import models

from .article import Article


class PreviewLinkQuerySet(models.QuerySet):
    def live(self, now: datetime) -> "PreviewLinkQuerySet":
        """Links that still open their page at `now`."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class PreviewLink(models.Model):
    """One link to one unpublished article. Only a hash of its secret is kept: see articles.previews."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="preview_links")
    purpose = models.CharField(
        "for whom", max_length=80, help_text="So that you know later whose link this was. Outsiders do not see it."
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("made_at")), name="articles_preview_expires_after_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}, until {self.expires_at:%Y-%m-%d}"
