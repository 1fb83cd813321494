"""Taking a consent back: one POST on a request's page, noted with who recorded it and when."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone

from ..consents import withdraw

DONE_BEFORE = "That was recorded before. This is how it stands."


class WithdrawConsent:
    """A ModelAdmin's view that records a withdrawal. It works once and is never undone."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.withdraw_view)
        own = path("<int:pk>/consents/<int:consent_pk>/withdraw/", view, name="consults_withdraw")
        return [own, *super().get_urls()]

    def withdraw_view(self, request, pk: int, consent_pk: int):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        asked = get_object_or_404(self.get_queryset(request), pk=pk)
        consent = get_object_or_404(asked.consents.select_related("text"), pk=consent_pk)
        if withdraw(consent=consent, actor=request.user, now=timezone.now()):
            done = f"Recorded as withdrawn: {consent.text.get_purpose_display().lower()}."
            self.log_change(request, asked, done)
            self.message_user(request, done, messages.SUCCESS)
        else:
            self.message_user(request, DONE_BEFORE, messages.WARNING)
        return HttpResponseRedirect(asked.get_absolute_url())
