"""Who in the clinic is told about new requests."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone

from clinic_site.core.dashboard import mail_rows, mails_with_trouble
from clinic_site.core.models import AuditEntry, OutboxMessage

from ..models import Recipient
from ..notifications import NO_RECIPIENTS
from ..recipients import CODE_LENGTH, Entry, TooSoon, ask_for_code, drop_codes, enter_code, subject_of

SENT = "A code was mailed to this address. Enter it below: until then the address gets no other mail."
TOO_SOON = "A code was mailed less than a minute ago. Wait a moment for it to arrive."


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    """An address that is new, or was changed, gets nothing but a code until that code is entered here."""

    change_form_template = "admin/consults/recipient/change_form.html"
    list_display = ["email", "standing", "told_about", "is_active", "gets_alarms"]
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
                "The mail holds no name and no phone number. A digest comes every morning. "
                "A new address is first mailed a code, which shows that mails arrive there.",
            },
        ),
    ]

    def get_urls(self) -> list:
        steps = {"code": (self.code_view, "code"), "new-code": (self.new_code_view, "new_code")}
        own = [
            path(f"<int:pk>/{step}/", self.admin_site.admin_view(view), name=f"consults_recipient_{name}")
            for step, (view, name) in steps.items()
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request, obj, form, change) -> None:
        """Save, leave an audit entry with the names of the fields, and mail a code when the address is another."""
        now = timezone.now()
        is_other = not change or form.initial["email"].casefold() != obj.email.casefold()
        super().save_model(request, obj, form, change)
        AuditEntry.record(
            action="recipient-changed" if change else "recipient-added",
            subject=subject_of(obj),
            now=now,
            actor=request.user,
            fields=sorted(form.changed_data),
        )
        if is_other:
            ask_for_code(recipient=obj, actor=request.user, now=now, is_new=True)
            self.message_user(request, SENT, messages.WARNING)
        elif obj.verified_at:
            self._tell_of_waiting_mails(request)

    def delete_model(self, request, obj) -> None:
        drop_codes(obj)
        AuditEntry.record(action="recipient-deleted", subject=subject_of(obj), now=timezone.now(), actor=request.user)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        for recipient in queryset.order_by("pk"):
            self.delete_model(request, recipient)

    def response_add(self, request, obj, post_url_continue=None):
        """After a new recipient comes the page on which its code is entered."""
        if {"_addanother", "_popup"} & request.POST.keys():
            return super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(_page_of(obj))

    def response_change(self, request, obj):
        """Who waits for a code stays on the page where it is entered."""
        if not obj.verified_at and not {"_addanother", "_popup"} & request.POST.keys():
            return HttpResponseRedirect(_page_of(obj))
        return super().response_change(request, obj)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        mails = self._code_mails(object_id) if object_id.isascii() and object_id.isdigit() else []
        context = {"code_length": CODE_LENGTH, "code_mails": mails, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def code_view(self, request, pk: int):
        """Take the code that was mailed."""
        recipient = self._step(request, pk)
        if recipient is None:
            return HttpResponseNotAllowed(["POST"])
        code = request.POST.get("code", "")
        entry = enter_code(recipient=recipient, code=code, actor=request.user, now=timezone.now())
        self.message_user(request, entry.value, messages.SUCCESS if entry == Entry.RIGHT else messages.ERROR)
        if entry == Entry.RIGHT:
            self._tell_of_waiting_mails(request)
        return HttpResponseRedirect(_page_of(recipient))

    def new_code_view(self, request, pk: int):
        """Mail another code."""
        recipient = self._step(request, pk)
        if recipient is None:
            return HttpResponseNotAllowed(["POST"])
        if recipient.verified_at:
            self.message_user(request, Entry.KNOWN.value, messages.INFO)
            return HttpResponseRedirect(_page_of(recipient))
        try:
            ask_for_code(recipient=recipient, actor=request.user, now=timezone.now())
        except TooSoon:
            self.message_user(request, TOO_SOON, messages.WARNING)
        else:
            self.message_user(request, SENT, messages.SUCCESS)
        return HttpResponseRedirect(_page_of(recipient))

    def _step(self, request, pk: int) -> Recipient | None:
        """The recipient whose button was pressed; None for anything but a POST."""
        if request.method != "POST":
            return None
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Recipient, pk=pk)

    def _code_mails(self, object_id: str) -> list:
        mails = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.CODE, about=f"recipient:{object_id}")
        return mail_rows(mails.order_by("-created_at", "-pk")[:1])

    def _tell_of_waiting_mails(self, request) -> None:
        waiting = mails_with_trouble().filter(last_error=NO_RECIPIENTS).count()
        if waiting:
            mails = "1 mail has" if waiting == 1 else f"{waiting} mails have"
            text = f"{mails} waited for a recipient. Press “Send again” beside each on the first page."
            self.message_user(request, text, messages.WARNING)

    @admin.display(description="told about", ordering="location")
    def told_about(self, recipient: Recipient) -> str:
        return f"Requests for {recipient.location.name}" if recipient.location else "Every request"

    @admin.display(description="confirmed", ordering="verified_at")
    def standing(self, recipient: Recipient) -> str:
        if recipient.verified_at:
            return f"{timezone.localtime(recipient.verified_at):%B %-d, %Y}"
        return "Waiting for its code"


def _page_of(recipient: Recipient) -> str:
    return reverse("admin:consults_recipient_change", args=[recipient.pk])
