"""The sources, and where each is cited."""

from functools import cache

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import JsonResponse
from django.urls import path
from django.utils.html import format_html, format_html_join

from ..bibliography import short_authors
from ..citing import places_by_key, places_citing
from ..models import Reference
from .filters import CheckedFilter

SOURCES_SHOWN = 20


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    list_filter = [CheckedFilter]
    search_fields = ["key", "authors", "title", "journal", "year", "doi"]
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

    def get_list_display(self, request) -> list:
        # Reading all texts once serves the whole list.
        places = cache(places_by_key)

        @admin.display(description="cited in")
        def cited_by(reference: Reference) -> str:
            number = len(places().get(reference.key, []))
            return "Nowhere" if not number else "1 place" if number == 1 else f"{number} places"

        return ["key", "title", "year", "checked_on", cited_by]

    def get_urls(self) -> list:
        cite = path("cite/", self.admin_site.admin_view(self.cite), name="articles_reference_cite")
        return [cite, *super().get_urls()]

    def cite(self, request) -> JsonResponse:
        """Answer the picker: up to 20 sources that have all the words of `q`, the likeliest first."""
        if not (self.has_view_permission(request) or request.user.has_perm("articles.change_article")):
            raise PermissionDenied
        words = request.GET.get("q", "").replace("\0", " ").strip()[:200]
        matching, _ = self.get_search_results(request, Reference.objects.all(), words)
        # Somebody who types a key or a first author's name wants that one.
        starts = [models.When(key__istartswith=words, then=0), models.When(authors__istartswith=words, then=1)]
        found = list(matching.order_by(models.Case(*starts, default=2), "key")[: SOURCES_SHOWN + 1])
        sources = [_described(reference) for reference in found[:SOURCES_SHOWN]]
        return JsonResponse({"sources": sources, "has_more": len(found) > SOURCES_SHOWN})

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


def _described(reference: Reference) -> dict:
    """What the picker shows of one source."""
    parts = [short_authors(reference), reference.journal, str(reference.year or "")]
    return {
        "key": reference.key,
        "title": reference.title,
        "from": ", ".join(filter(None, parts)),
        "is_checked": reference.checked_on is not None,
    }
