"""Addresses that are suggested once and then stay."""


class SlugOnceMixin:
    """Suggests the slug from `slug_source` while a row is added, never afterwards: links would break."""

    slug_source = "title"

    def get_prepopulated_fields(self, request, obj=None) -> dict:
        return {} if obj else {"slug": [self.slug_source]}
