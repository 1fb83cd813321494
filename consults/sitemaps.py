"""What the sitemap says of the consult form: that it is there."""

from datetime import datetime

from django.urls import reverse

from clinic_site.core.seo import SitemapEntry


def sitemap_entries(now: datetime) -> list[SitemapEntry]:
    return [SitemapEntry(path=reverse("consults:consult"))]
