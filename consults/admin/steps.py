"""The buttons of a request's page: each is one POST, noted with who pressed it and when.

What cannot be done is answered with the page itself: what stands in the way, and what was typed.
"""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from clinic_site.core.delivery import queue_again
from clinic_site.core.models import AuditEntry

from ..day import moment_text
from ..handling import add_note, correct_phone, hand_back, take_on
from ..models import Activity, ConsultRequest
from ..notifications import NO_RECIPIENTS, mails_visible_to, route_again
from ..pipeline import OUTCOMES, NotPossible, Overtaken, confirm_spam, next_morning, note_outcome, release
from .forms import OutcomeForm, PhoneForm

Kind = Activity.Kind
LABELS = dict(Kind.choices)
TOO_LATE = "Nothing was changed: that step is no longer possible, somebody may have been faster. This is how it stands."
MORNING = "morning"  # the button that needs no time typed
LONGEST_PK = 18  # digits

ANOTHER_CODE = (
    "A code or a link is not sent twice. For a recipient, open that address under Recipients and press “Send a new "
    "code”; for a password, ask for a new link on the sign-in page."
)


class OneClickSteps:
    """A ModelAdmin's views for what staff do with one request. `show` is its page: see `request`."""

    def get_urls(self) -> list:
        steps = {
            "outcome": self.outcome_view,
            "note": self.note_view,
            "take": self.take_view,
            "hand-back": self.hand_back_view,
            "correct-phone": self.correct_phone_view,
            "release": self.release_view,
            "confirm-spam": self.confirm_spam_view,
        }
        guarded = [
            path(
                f"<int:pk>/{step}/",
                self.admin_site.admin_view(self._guarded(view)),
                name=f"consults_{step.replace('-', '_')}",
            )
            for step, view in steps.items()
        ]
        again = path(
            "mails/<int:pk>/send-again/", self.admin_site.admin_view(self.send_again_view), name="consults_send_again"
        )
        return [*guarded, again, *super().get_urls()]

    def _guarded(self, view: Callable) -> Callable:
        """Let staff through who may work on this request; lead back to its page whoever does not press a button.

        The sign-in page, too, leads to a step's address: after a long pause in the middle of one.
        """

        def guarded(request, pk: int):
            if not self.has_change_permission(request):
                raise PermissionDenied
            asked = get_object_or_404(self.get_queryset(request).select_related("location", "owner"), pk=pk)
            if request.method in ("GET", "HEAD"):
                return HttpResponseRedirect(asked.get_absolute_url())
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return view(request, asked, timezone.now())

        return guarded

    def outcome_view(self, request, asked: ConsultRequest, now):
        kind, quick = request.POST.get("kind", ""), None
        if kind == MORNING:
            kind, quick = Kind.TRY_AGAIN, next_morning(asked, now=now)
        form = OutcomeForm(request.POST, kind=kind if kind in OUTCOMES else "", until=quick, now=now)
        if not form.is_valid():
            return self.show(request, asked, form=form, status=422)

        def step(**about) -> str:
            activity = note_outcome(kind=kind, **form.cleaned_data, **about)
            back = f" Comes back at {moment_text(activity.until, now=now)}." if activity.until else ""
            return f"Noted: {LABELS[kind].lower()}.{back}"

        return self._take(request, asked, step, now=now, form=form)

    def note_view(self, request, asked: ConsultRequest, now):
        form = OutcomeForm(request.POST, kind=Kind.NOTE, now=now)
        if not form.is_valid():
            return self.show(request, asked, form=form, status=422)

        def step(**about) -> str:
            add_note(note=form.cleaned_data["note"], **about)
            return "The note is kept."

        return self._take(request, asked, step, now=now, form=form)

    def take_view(self, request, asked: ConsultRequest, now):
        def step(**about) -> str:
            before = take_on(**about)
            return f"You took it on from {before}." if before else "You took it on."

        return self._take(request, asked, step, now=now)

    def hand_back_view(self, request, asked: ConsultRequest, now):
        return self._take(request, asked, hand_back, now=now, done="You handed it back: anybody can take it on.")

    def correct_phone_view(self, request, asked: ConsultRequest, now):
        form = PhoneForm(request.POST, current=asked.phone)
        if not form.is_valid():
            return self.show(request, asked, phone_form=form, status=422)

        def step(**about) -> str:
            correct_phone(phone=form.cleaned_data["phone"], **about)
            return "The number is corrected. What the person typed stays on record."

        return self._take(request, asked, step, now=now, phone_form=form)

    def release_view(self, request, asked: ConsultRequest, now):
        done = "Released: it waits like any other, and staff are told now."
        return self._take(request, asked, release, now=now, done=done)

    def confirm_spam_view(self, request, asked: ConsultRequest, now):
        done = "Confirmed as spam. It stays on record and can still be released."
        return self._take(request, asked, confirm_spam, now=now, done=done)

    def _take(self, request, asked, step: Callable[..., str | None], *, now, done: str = "", **typed: forms.Form):
        """Do one step and lead back to the page; or show it with what stands in the way and what was typed."""
        try:
            said = step(request=asked, actor=request.user, now=now, seen=_seen(request)) or done
        except Overtaken as overtaken:
            return self.show(request, asked, overtaken=overtaken.activities, status=409, **typed)
        except NotPossible:
            return self.show(request, asked, problem=TOO_LATE, status=409, **typed)
        self.log_change(request, asked, said)
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(asked.get_absolute_url())

    def send_again_view(self, request, pk: int):
        """Queue a mail anew; one that had no recipient goes to those named since."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        mail, now = get_object_or_404(mails_visible_to(request.user), pk=pk), timezone.now()
        if request.method in ("GET", "HEAD"):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
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


def _seen(request) -> int | None:
    """The newest activity on the page that was posted; 0 when that is not readable.

    None when a form names none: it was not made by our page, so there is nothing to compare.
    """
    seen = request.POST.get("seen")
    if seen is None:
        return None
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) <= LONGEST_PK else 0


def _way_back(request) -> str:
    """The page the button stood on, when it is one of ours; else the first page."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return back if is_ours else reverse("admin:index")
