"""Plain pages: about, website privacy, accessibility, how we review."""

from django.db import models
from django.urls import reverse

from ..html import SanitizedHtmlField
from ..plain_fields import PlainCharField


class PageQuerySet(models.QuerySet):
    def shown(self) -> "PageQuerySet":
        """Pages that readers can open."""
        return self.filter(is_shown=True)


class Page(models.Model):
    """A page of plain text at its own address."""

    title = PlainCharField(max_length=110, help_text="The heading of the page.")
    slug = models.SlugField(unique=True, help_text="The address: /slug/. Changing it breaks links that people saved.")
    summary = PlainCharField(
        max_length=170, help_text="One sentence for search results. Readers see it under the heading."
    )
    body = SanitizedHtmlField(help_text="Headings, paragraphs, lists and links.")
    is_shown = models.BooleanField("show to readers", default=True)
    in_footer = models.BooleanField("link at the foot of every page", default=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the footer, smallest first.")
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    objects = PageQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("site:page", args=[self.slug])
