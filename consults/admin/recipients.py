"""Who is told about requests, the consent wordings, and the daily counts of pages."""

from django.contrib import admin
from django.utils import timezone

from clinic_site.core.admin import ReadOnlyAdmin

from ..models import ConsentText, Recipient, SourceCount


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    list_display = ["email", "told_about", "is_active"]
    list_filter = ["location", "is_active"]
    search_fields = ["email"]

    @admin.display(description="told about")
    def told_about(self, recipient: Recipient) -> str:
        return str(recipient.location or "every request")


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    """Wordings are added, never edited: each request keeps the one its form showed."""

    list_display = ["purpose", "body", "created_at", "is_current"]
    list_filter = ["purpose"]
    ordering = ["purpose", "-created_at", "-pk"]
    fields = ["purpose", "body"]

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def save_model(self, request, obj, form, change) -> None:
        obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(boolean=True, description="shown now")
    def is_current(self, text: ConsentText) -> bool:
        return ConsentText.current(text.purpose) == text


@admin.register(SourceCount)
class SourceCountAdmin(ReadOnlyAdmin):
    list_display = ["day", "path", "requests"]
    ordering = ["-day", "-requests"]
