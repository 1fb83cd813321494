"""Who in the clinic is told about new requests."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone

from clinic_site.core.dashboard import mails_with_trouble
from clinic_site.core.models import AuditEntry

from ..models import Recipient
from ..notifications import NO_RECIPIENTS
from ..recipients import NotConfirmed, TooSoon, confirm, send_code

CODE_SENT = "A mail with a code is on its way to {}. Until the code is entered here, no other mail goes there."


class CodeForm(forms.Form):
    """The code from the mail."""

    code = forms.CharField(
        label="Code from the mail",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": 10}),
    )


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    """An address is confirmed by a code before it is told of anything."""

    change_form_template = "admin/consults/recipient.html"
    list_display = ["email", "told_about", "standing", "gets_alarms"]
    list_filter = ["is_active", "gets_alarms", "location"]
    list_select_related = ["location"]
    ordering = ["email", "pk"]
    search_fields = ["email"]
    fieldsets = [
        (
            None,
            {
                "fields": ["email", "location", "is_active", "gets_alarms"],
                "description": "Gets one mail for each new request, with its reference and a link to sign in. "
                "The mail holds no name and no phone number. A digest comes every morning.",
            },
        ),
    ]

    def get_urls(self) -> list:
        steps = {"confirm": self.confirm_view, "send_code": self.send_code_view}
        return [
            *(
                path(
                    f"<int:pk>/{name.replace('_', '-')}/",
                    self.admin_site.admin_view(self._guarded(view)),
                    name=f"consults_recipient_{name}",
                )
                for name, view in steps.items()
            ),
            *super().get_urls(),
        ]

    def _guarded(self, view):
        def guarded(request, pk: int):
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            recipient = get_object_or_404(Recipient, pk=pk)
            view(request, recipient)
            return HttpResponseRedirect(reverse("admin:consults_recipient_change", args=[recipient.pk]))

        return guarded

    def confirm_view(self, request, recipient: Recipient) -> None:
        form = CodeForm(request.POST)
        try:
            if not form.is_valid():
                raise NotConfirmed("Type the six digits that stand in the mail.")
            confirm(recipient=recipient, code=form.cleaned_data["code"], actor=request.user, now=timezone.now())
        except NotConfirmed as fault:
            self.message_user(request, str(fault), messages.ERROR)
        else:
            self.message_user(request, f"{recipient.email} is confirmed and gets mail from now on.", messages.SUCCESS)
            self._tell_of_waiting_mails(request)

    def send_code_view(self, request, recipient: Recipient) -> None:
        if recipient.verified_at:
            self.message_user(request, "This address is confirmed already.", messages.INFO)
        else:
            self._send_code(request, recipient)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, {"code_form": CodeForm(), **(extra_context or {})})

    def save_model(self, request, obj, form, change) -> None:
        is_new_address = not change or "email" in form.changed_data
        if is_new_address:
            obj.verified_at = obj.code_sent_at = None
        super().save_model(request, obj, form, change)
        action = "recipient-changed" if change else "recipient-added"
        self._record(request, action, obj.pk, fields=sorted(form.changed_data))
        if is_new_address:
            self._send_code(request, obj)

    def delete_model(self, request, obj) -> None:
        self._record(request, "recipient-deleted", obj.pk)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        for pk in queryset.values_list("pk", flat=True):
            self._record(request, "recipient-deleted", pk)
        super().delete_queryset(request, queryset)

    def _send_code(self, request, recipient: Recipient) -> None:
        try:
            send_code(recipient=recipient, actor=request.user, now=timezone.now())
        except TooSoon:
            self.message_user(request, "A code was sent less than a minute ago. Wait for its mail.", messages.WARNING)
        else:
            self.message_user(request, CODE_SENT.format(recipient.email), messages.WARNING)

    def _record(self, request, action: str, pk: int, **detail) -> None:
        AuditEntry.record(action=action, subject=f"recipient:{pk}", now=timezone.now(), actor=request.user, **detail)

    def _tell_of_waiting_mails(self, request) -> None:
        waiting = mails_with_trouble().filter(last_error=NO_RECIPIENTS).count()
        if waiting:
            mails = "1 mail has" if waiting == 1 else f"{waiting} mails have"
            text = f"{mails} waited for a recipient. Press “Send again” beside each on the first page."
            self.message_user(request, text, messages.WARNING)

    @admin.display(description="told about", ordering="location")
    def told_about(self, recipient: Recipient) -> str:
        return f"Requests for {recipient.location.name}" if recipient.location else "Every request"

    @admin.display(description="gets mail")
    def standing(self, recipient: Recipient) -> str:
        if not recipient.verified_at:
            return "Not yet: waits for its code"
        return "Yes" if recipient.is_active else "No: switched off"
