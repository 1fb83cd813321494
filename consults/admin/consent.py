"""The consent wordings: added, never edited."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.text import Truncator

from ..models import ConsentText


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    """Each request keeps the wording that its form showed, so a wording that was shown stays as it is."""

    list_display = ["start", "purpose", "created_at", "is_current"]
    list_filter = ["purpose"]
    ordering = ["purpose", "-created_at", "-pk"]
    fieldsets = [
        (
            None,
            {
                "fields": ["purpose", "body"],
                "description": "A new wording takes the place of the current one on every form, at once. "
                "Earlier wordings stay on record with the requests that were sent under them.",
            },
        ),
    ]

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_queryset(self, request):
        newest = ConsentText.objects.filter(purpose=OuterRef("purpose")).order_by("-created_at", "-pk")
        return super().get_queryset(request).annotate(current=Subquery(newest.values("pk")[:1]))

    def save_model(self, request, obj, form, change) -> None:
        obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(description="wording")
    def start(self, text: ConsentText) -> str:
        return Truncator(text.body).words(12)

    @admin.display(boolean=True, description="on the form now")
    def is_current(self, text: ConsentText) -> bool:
        return text.pk == text.current
