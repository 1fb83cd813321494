"""The short texts that stand on many pages: call-outs, steps, notes."""

from django.db import models

from ..html import SanitizedHtmlField
from ..plain_fields import PlainCharField


class SiteText(models.Model):
    """One editable text with a fixed place on the site."""

    key = models.SlugField(
        unique=True, help_text="Where the text stands. Templates look it up by this name; do not change it."
    )
    heading = PlainCharField(max_length=120, blank=True)
    body = SanitizedHtmlField(blank=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "site text"

    def __str__(self) -> str:
        return f"{self.key}: {self.heading}" if self.heading else self.key
