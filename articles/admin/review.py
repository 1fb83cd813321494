"""The record of who reviewed which article, and when."""

from django.contrib import admin
from django.utils import timezone

from ..models import Review


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ["article", "reviewer_name", "reviewed_on", "next_due_on", "voided_at"]
    list_filter = ["clinician"]
    list_select_related = ["article", "clinician"]
    search_fields = ["article__title", "clinician__name"]
    ordering = ["-reviewed_on", "-pk"]
    actions = ["void"]
    fieldsets = [
        (
            None,
            {
                "description": "Readers see the newest review that stands, with name, credential and dates. "
                "A review is a record: it can be made void, never edited or deleted. "
                "Changing the text of an article makes its review void. Clinicians sign on the preview of an article.",
                "fields": ["article", "clinician", "credential", "scope", "reviewed_on", "next_due_on"],
            },
        ),
        ("Record", {"fields": ["signed_by", "voided_at"]}),
    ]

    def has_add_permission(self, request) -> bool:
        # Signed by the clinician alone, below the preview: nobody signs for another.
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description="Make void: readers no longer see it", permissions=["change"])
    def void(self, request, queryset) -> None:
        voided = queryset.filter(voided_at=None).update(voided_at=timezone.now())
        self.message_user(request, f"Made void: {voided}.")
