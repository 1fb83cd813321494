"""Which pages bring requests, day by day."""

from django.contrib import admin

from clinic_site.core.admin import ReadOnlyAdmin

from ..models import SourceCount


@admin.register(SourceCount)
class SourceCountAdmin(ReadOnlyAdmin):
    list_display = ["day", "path", "requests"]
    list_filter = ["day"]
    ordering = ["-day", "-requests", "path"]
    search_fields = ["path"]
