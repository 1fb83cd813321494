"""The buttons of a request's page: each is one POST, noted with who pressed it and when."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from clinic_site.core.delivery import queue_again
from clinic_site.core.models import AuditEntry

from ..models import Activity
from ..notifications import NO_RECIPIENTS, mails_visible_to, route_again
from ..pipeline import NotPossible, confirm_spam, note_outcome, release

LABELS = dict(Activity.Kind.choices)
TOO_LATE = "Nothing was changed: that step is no longer possible, somebody may have been faster. This is how it stands."

ANOTHER_CODE = "A code is not sent twice. Open that address under Recipients and press “Send a new code”."


class OneClickSteps:
    """A ModelAdmin's views for noting outcomes, judging spam, and sending a mail again."""

    def get_urls(self) -> list:
        steps = {
            "<int:pk>/outcome/": (self.outcome_view, "consults_outcome"),
            "<int:pk>/release/": (self.release_view, "consults_release"),
            "<int:pk>/confirm-spam/": (self.confirm_spam_view, "consults_confirm_spam"),
            "mails/<int:pk>/send-again/": (self.send_again_view, "consults_send_again"),
        }
        guarded = [
            path(route, self.admin_site.admin_view(self._guarded(view)), name=name)
            for route, (view, name) in steps.items()
        ]
        return [*guarded, *super().get_urls()]

    def _guarded(self, view: Callable) -> Callable:
        """Answer 405 to anything but a POST and 403 to staff who may not work on requests."""

        def guarded(request, pk: int):
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            if not self.has_change_permission(request):
                raise PermissionDenied
            return view(request, pk)

        return guarded

    def outcome_view(self, request, pk: int):
        kind = request.POST.get("kind", "")

        def step(**about) -> None:
            note_outcome(kind=kind, **about)

        return self._take(request, pk, step, f"Noted: {LABELS.get(kind, '').lower()}.")

    def release_view(self, request, pk: int):
        return self._take(request, pk, release, "Released: it waits like any other, and staff are told now.")

    def confirm_spam_view(self, request, pk: int):
        return self._take(request, pk, confirm_spam, "Confirmed as spam. It stays on record and can still be released.")

    def _take(self, request, pk: int, step: Callable[..., None], done: str):
        asked = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            step(request=asked, actor=request.user, now=timezone.now())
        except NotPossible:
            self.message_user(request, TOO_LATE, messages.WARNING)
        else:
            self.log_change(request, asked, done)
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(asked.get_absolute_url())

    def send_again_view(self, request, pk: int):
        """Queue a mail anew; one that had no recipient goes to those named since."""
        mail, now = get_object_or_404(mails_visible_to(request.user), pk=pk), timezone.now()
        if not mail.has_trouble:
            self.message_user(request, f"That mail needs no help: {mail.get_state_display().lower()}.", messages.INFO)
        elif mail.holds_a_secret:
            self.message_user(request, ANOTHER_CODE, messages.INFO)
        elif mail.last_error == NO_RECIPIENTS and not route_again(mail, now=now):
            self.message_user(request, "There is still nobody to send it to. Add a recipient first.", messages.ERROR)
        else:
            if mail.last_error != NO_RECIPIENTS:
                queue_again(mail, now=now)
            AuditEntry.record(action="mail-sent-again", subject=mail.about or "mail", now=now, actor=request.user)
            self.message_user(request, "The mail goes out again within a minute.", messages.SUCCESS)
        return HttpResponseRedirect(_way_back(request))


def _way_back(request) -> str:
    """The page the button stood on, when it is one of ours; else the first page."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return back if is_ours else reverse("admin:index")
