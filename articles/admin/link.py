"""The links that lead to other sites, as the last visits found them."""

from functools import cache

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from clinic_site.core.admin import ReadOnlyAdmin

from ..links import places_by_link
from ..models import CheckedLink
from .filters import LinkFilter


@admin.register(CheckedLink)
class CheckedLinkAdmin(ReadOnlyAdmin):
    list_filter = [LinkFilter]
    search_fields = ["url", "problem"]
    ordering = ["first_failed_at", "url"]
    fieldsets = [
        (
            None,
            {
                "description": "The worker visits each link once a week. One that fails is tried again a day later, "
                "and is broken when it fails again.",
                "fields": ["address", "state", "status", "problem", "moved_to", "linked_from"],
            },
        ),
        ("Visits", {"fields": ["checked_at", "first_failed_at", "due_at"]}),
    ]

    def get_list_display(self, request) -> list:
        # Reading all texts once serves the whole page.
        places = cache(places_by_link)

        @admin.display(description="linked from")
        def linked_from(link: CheckedLink) -> str:
            return _listed(places().get(link.url, []))

        return ["url", "state", "problem", "checked_at", linked_from]

    @admin.display(description="address")
    def address(self, link: CheckedLink) -> str:
        return format_html('<a href="{}" rel="noreferrer">{}</a>', link.url, link.url)

    @admin.display(description="state")
    def state(self, link: CheckedLink) -> str:
        if link.checked_at is None:
            return "Not visited yet"
        if link.is_broken:
            return "Broken"
        if link.first_failed_at:
            return "Failed once: it will be tried again"
        if link.problem:
            return "Could not be checked"
        return "Answers, from a new address" if link.moved_to else "Answers"

    @admin.display(description="linked from")
    def linked_from(self, link: CheckedLink) -> str:
        return _listed(places_by_link().get(link.url, []))


def _listed(places: list) -> str:
    if not places:
        return "Nowhere any more"
    items = format_html_join("", '<li><a href="{}">{}</a></li>', ((place.url, place.name) for place in places))
    return format_html("<ul>{}</ul>", items)
