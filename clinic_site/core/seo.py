"""What a page says of itself to browsers, search engines and people who share it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class PageMeta:
    """The head of one page. Views build it; base.html prints it once.

    `path` is the page's own address from the root, `robots` "" for pages that may be indexed.
    """

    title: str
    path: str
    description: str = ""
    robots: str = ""
    og_type: str = "website"
    published_at: datetime | None = None
    modified_at: datetime | None = None

    @property
    def canonical_url(self) -> str:
        """The one address of this page, whatever host the request came by."""
        return f"{settings.SITE_URL}{self.path}"
