"""The rules of writing: the words that articles must not use, and the figures of the checklist."""

from django.contrib import admin

from ..models import ForbiddenWord, WritingRules


@admin.register(ForbiddenWord)
class ForbiddenWordAdmin(admin.ModelAdmin):
    list_display = ["words", "instead", "level"]
    list_filter = ["level"]
    search_fields = ["words", "instead", "note"]
    ordering = ["words"]
    fieldsets = [
        (
            None,
            {
                "description": "An article that uses one of these words cannot be published while it stands here as "
                "an error. The list holds for every article from the moment you save.",
                "fields": ["words", "instead", "level", "note"],
            },
        ),
    ]


@admin.register(WritingRules)
class WritingRulesAdmin(admin.ModelAdmin):
    list_display = ["__str__", "longest_sentence", "lowest_grade", "highest_grade"]
    fields = ["longest_sentence", "lowest_grade", "highest_grade", "claim_words"]

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and not WritingRules.objects.exists()

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
