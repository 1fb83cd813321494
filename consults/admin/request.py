"""One request: how to reach the person first, then one click for each outcome."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from clinic_site.core.delivery import queue_again
from clinic_site.core.models import AuditEntry, OutboxMessage

from ..cleaning import dialable, one_line
from ..dashboard import age_text
from ..models import Activity, ConsultRequest
from ..models.request import email_hash, phone_hash
from ..notifications import NO_RECIPIENTS, route_again
from ..pipeline import NotPossible, confirm_spam, note_outcome, possible_outcomes, release
from ..spam import SIGNALS


@admin.register(ConsultRequest)
class ConsultRequestAdmin(admin.ModelAdmin):
    """Requests come from the form and are kept as they were sent: nothing here edits them."""

    change_form_template = "admin/consults/request.html"
    list_display = ["spoken", "clinic", "stage", "waited", "contact_by", "spam_state"]
    list_filter = ["stage", "spam_state", "location"]
    list_select_related = ["location"]
    ordering = ["asked_at", "pk"]
    search_fields = ["reference"]
    search_help_text = "A reference, a whole phone number or a whole e-mail address"
    actions = ["release_all", "confirm_all"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    # The list ------------------------------------------------------------------------------

    @admin.display(description="reference", ordering="reference")
    def spoken(self, asked: ConsultRequest) -> str:
        return asked.spoken_reference

    @admin.display(description="clinic", ordering="location")
    def clinic(self, asked: ConsultRequest) -> str:
        return asked.place

    @admin.display(description="asked", ordering="asked_at")
    def waited(self, asked: ConsultRequest) -> str:
        return f"{age_text(asked.age(now=timezone.now()))} ago"

    def get_search_results(self, request, queryset, search_term):
        """Find by reference, or by the hash of a whole phone number or address."""
        term = one_line(search_term)
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(email_hash=email_hash(term)), False
        if number := dialable(term):
            return queryset.filter(phone_hash=phone_hash(number)), False
        return queryset.filter(reference__istartswith=term.replace("-", "")), False

    @admin.action(description="Release: not spam", permissions=["change"])
    def release_all(self, request, queryset) -> None:
        self._each(request, queryset, release, "released")

    @admin.action(description="Confirm as spam", permissions=["change"])
    def confirm_all(self, request, queryset) -> None:
        self._each(request, queryset, confirm_spam, "confirmed as spam")

    def _each(self, request, queryset, step, done: str) -> None:
        count = 0
        for asked in queryset:
            try:
                step(request=asked, actor=request.user, now=timezone.now())
            except NotPossible:
                continue
            count += 1
        self.message_user(request, f"{count} of {len(queryset)} {done}.")

    # The page of one request ---------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        asked = self.get_object(request, object_id)
        if asked is not None and self.has_view_permission(request, asked):
            if request.method != "GET":
                raise PermissionDenied("What people sent is never edited")
            AuditEntry.record(
                action="request-viewed", subject=asked.subject, now=timezone.now(), actor=request.user
            )
            extra_context = {**(extra_context or {}), **self._page(asked)}
        return super().change_view(request, object_id, form_url, extra_context)

    def _page(self, asked: ConsultRequest) -> dict:
        labels = dict(Activity.Kind.choices)
        return {
            "asked": asked,
            "title": f"Request {asked.spoken_reference}",
            "waited": age_text(asked.age(now=timezone.now())),
            "outcomes": [(kind, labels[kind]) for kind in possible_outcomes(asked)],
            "reasons": [SIGNALS[code].words for code in asked.spam_reasons if code in SIGNALS],
            "activities": asked.activities.order_by("at", "pk"),
            "consents": asked.consents.select_related("text").order_by("pk"),
            "mails": OutboxMessage.objects.filter(about=asked.subject).order_by("pk"),
        }

    # One-click steps -----------------------------------------------------------------------

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/outcome/<slug:kind>/", wrap(self.outcome), name="consults_outcome"),
            path("<int:pk>/release/", wrap(self.release), name="consults_release"),
            path("<int:pk>/confirm-spam/", wrap(self.confirm), name="consults_confirm_spam"),
            path("mail/<int:pk>/send-again/", wrap(self.send_again), name="consults_send_again"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def outcome(self, request, pk: int, kind: str):
        return self._step(request, pk, lambda **about: note_outcome(kind=kind, **about), "Noted.")

    @method_decorator(require_POST)
    def release(self, request, pk: int):
        return self._step(request, pk, release, "Released: the request waits, and staff have been told.")

    @method_decorator(require_POST)
    def confirm(self, request, pk: int):
        return self._step(request, pk, confirm_spam, "Confirmed as spam.")

    def _step(self, request, pk: int, step, done: str):
        asked = get_object_or_404(ConsultRequest, pk=pk)
        if not self.has_change_permission(request, asked):
            raise PermissionDenied
        try:
            step(request=asked, actor=request.user, now=timezone.now())
        except NotPossible:
            self.message_user(
                request, "Somebody was faster: this step is no longer possible. Here is how it stands.", messages.WARNING
            )
        else:
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(asked.get_absolute_url())

    @method_decorator(require_POST)
    def send_again(self, request, pk: int):
        """Queue a mail anew; one that had no recipient goes to those named since."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        mail, now = get_object_or_404(OutboxMessage, pk=pk), timezone.now()
        AuditEntry.record(action="mail-sent-again", subject=mail.about, now=now, actor=request.user)
        if mail.last_error != NO_RECIPIENTS:
            queue_again(mail, now=now)
            self.message_user(request, "The mail is on its way again.", messages.SUCCESS)
        elif route_again(mail, now=now):
            self.message_user(request, "The mail is on its way to the recipients named since.", messages.SUCCESS)
        else:
            self.message_user(request, "There is still no recipient for this request: add one first.", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:index"))
