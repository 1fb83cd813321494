"""Who in the clinic is told about new requests."""

from django.contrib import admin, messages

from clinic_site.core.dashboard import mails_with_trouble

from ..models import Recipient
from ..notifications import NO_RECIPIENTS


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    list_display = ["email", "told_about", "is_active"]
    list_filter = ["is_active", "location"]
    list_select_related = ["location"]
    ordering = ["email", "pk"]
    search_fields = ["email"]
    fieldsets = [
        (
            None,
            {
                "fields": ["email", "location", "is_active"],
                "description": "Gets one mail for each new request, with its reference and a link to sign in. "
                "The mail holds no name and no phone number. A digest comes every morning.",
            },
        ),
    ]

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        waiting = mails_with_trouble().filter(last_error=NO_RECIPIENTS).count()
        if waiting:
            mails = "1 mail has" if waiting == 1 else f"{waiting} mails have"
            text = f"{mails} waited for a recipient. Press “Send again” beside each on the first page."
            self.message_user(request, text, messages.WARNING)

    @admin.display(description="told about", ordering="location")
    def told_about(self, recipient: Recipient) -> str:
        return f"Requests for {recipient.location.name}" if recipient.location else "Every request"
