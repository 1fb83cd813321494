"""The sources, and where each is cited."""

from django.contrib import admin
from django.db import models
from django.utils.html import format_html, format_html_join

from ..citing import places_citing
from ..models import Reference
from .filters import CheckedFilter


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    list_display = ["key", "title", "year", "checked_on"]
    list_filter = [CheckedFilter]
    search_fields = ["key", "authors", "title", "journal", "doi"]
    ordering = ["key"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = [
        (
            None,
            {
                "description": "Readers see these entries, numbered, at the foot of every page that cites them.",
                "fields": ["key", "authors", "title", "journal", "year", "volume", "pages", "doi", "link"],
            },
        ),
        ("For staff", {"fields": ["checked_on", "cited_in"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        # A changed key would leave every text that cites it without its source.
        return ["key", "cited_in"] if obj else ["cited_in"]

    def has_delete_permission(self, request, obj=None) -> bool:
        """A source that is cited stays: deleting it would leave a claim without one."""
        return super().has_delete_permission(request, obj) and not (obj and places_citing(obj.key))

    def get_actions(self, request) -> dict:
        # Deleting many at once would not ask where each is cited.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description="cited in")
    def cited_in(self, reference: Reference | None) -> str:
        if reference is None or reference.pk is None:
            return "Nowhere yet"
        places = [(place.url, place.name) for place in places_citing(reference.key)]
        if not places:
            return "Nowhere"
        return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a></li>', places))
