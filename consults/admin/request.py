"""Requests: the list the front desk works from, and the page of each."""

from collections import Counter
from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone

from clinic_site.core.dashboard import mail_rows
from clinic_site.core.models import AuditEntry, OutboxMessage

from ..cleaning import clean_email, dialable, one_line
from ..consents import consents_of, do_not_contact, load_consents
from ..dashboard import age_text
from ..models import Activity, ConsultRequest
from ..models.request import REFERENCE_LENGTH, email_hash, phone_hash
from ..outreach import phone_text, ways_to_reach
from ..pipeline import NotPossible, confirm_spam, possible_outcomes, release
from ..spam import SET_ASIDE_AT, Verdict
from .steps import LABELS, OneClickSteps
from .withdraw import WithdrawConsent

SpamState = ConsultRequest.SpamState
# What the buttons say, in the order and the groups in which they stand.
BUTTONS = {
    "Still to be reached": [Activity.Kind.LEFT_MESSAGE, Activity.Kind.NO_ANSWER],
    "Reached": [Activity.Kind.REACHED, Activity.Kind.BOOKED, Activity.Kind.NOT_A_FIT],
    "Cannot be reached": [Activity.Kind.WRONG_NUMBER, Activity.Kind.DUPLICATE],
    "Take it up again": [Activity.Kind.REOPENED],
}


@admin.register(ConsultRequest)
class ConsultRequestAdmin(WithdrawConsent, OneClickSteps, admin.ModelAdmin):
    """What people sent is kept word for word: nothing here adds, edits or deletes it."""

    list_display = ["reference_spoken", "clinic", "stage", "age", "reach", "spam"]
    list_filter = ["stage", "location", "spam_state"]
    list_select_related = ["location"]
    list_per_page = 50
    ordering = ["-asked_at", "-pk"]
    empty_value_display = "Not sure"
    search_fields = ["reference"]
    search_help_text = "A reference, or a whole phone number or e-mail address"
    actions = ["release_chosen", "confirm_chosen_spam"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_queryset(self, request):
        """What this member of the staff may see; the site's own tests never."""
        return super().get_queryset(request).visible_to(request.user).filter(is_test=False)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Another clinic's request is not there at all, on every page that has one in its address."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        raise Http404

    # The list --------------------------------------------------------------------------------

    @admin.display(description="reference", ordering="reference")
    def reference_spoken(self, asked: ConsultRequest) -> str:
        return asked.spoken_reference

    @admin.display(description="clinic", ordering="location")
    def clinic(self, asked: ConsultRequest) -> str | None:
        return asked.location and asked.location.name

    @admin.display(description="asked", ordering="asked_at")
    def age(self, asked: ConsultRequest) -> str:
        return f"{age_text(asked.age(now=timezone.now()))} ago"

    @admin.display(description="how to reach", ordering="contact_by")
    def reach(self, asked: ConsultRequest) -> str:
        return f"{asked.get_contact_by_display()}, {asked.get_best_time_display().lower()}"

    @admin.display(description="possible spam?", ordering="spam_state")
    def spam(self, asked: ConsultRequest) -> str:
        return "No" if asked.spam_state == SpamState.CLEAN else asked.get_spam_state_display()

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Requests", **(extra_context or {})})

    def get_search_results(self, request, queryset, search_term):
        """Find by the start of a reference, or by a whole phone number or address through its hash."""
        term = one_line(search_term)
        if not term:
            return queryset, False
        found = queryset.filter(_named_by(term))
        AuditEntry.record(
            action="requests-searched", subject="consults", now=timezone.now(), actor=request.user, found=found.count()
        )
        return found, False

    @admin.action(description="Release: not spam", permissions=["change"])
    def release_chosen(self, request, queryset) -> None:
        self._take_all(request, queryset, release, "released")

    @admin.action(description="Confirm as spam", permissions=["change"])
    def confirm_chosen_spam(self, request, queryset) -> None:
        self._take_all(request, queryset, confirm_spam, "confirmed as spam")

    def _take_all(self, request, queryset, step: Callable[..., None], done: str) -> None:
        tally = Counter()
        for asked in queryset.order_by("pk"):
            try:
                step(request=asked, actor=request.user, now=timezone.now())
                tally["done"] += 1
            except NotPossible:
                tally["left"] += 1
        level = messages.SUCCESS if tally["done"] else messages.WARNING
        left = f" {tally['left']} left as they were." if tally["left"] else ""
        self.message_user(request, f"{tally['done']} {done}.{left}", level)

    # The page of one request -----------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show one request and leave an audit entry that says who looked."""
        asked = self.get_object(request, object_id)
        if asked is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        now = timezone.now()
        AuditEntry.record(action="request-viewed", subject=asked.subject, now=now, actor=request.user)
        context = {
            **self.admin_site.each_context(request),
            **_page(asked, may_work=self.has_change_permission(request, asked), now=now),
            "opts": self.opts,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/consults/request.html", context)


def _named_by(term: str) -> Q:
    """The requests that `term` names: a reference, a phone number or an address."""
    names = Q(pk__in=[])
    code = term.replace("-", "").replace(" ", "").upper()
    if len(code) <= REFERENCE_LENGTH and code.isascii() and code.isalnum():
        names |= Q(reference__startswith=code)
    if phone := dialable(term):
        names |= Q(phone_hash=phone_hash(phone))
    try:
        email = clean_email(term)
    except ValidationError:
        return names
    return names | Q(email_hash=email_hash(email)) if email else names


def _page(asked: ConsultRequest, *, may_work: bool, now) -> dict:
    """What the page of a request shows."""
    possible = possible_outcomes(asked) if may_work else []
    load_consents(asked)
    return {
        "title": f"Request {asked.spoken_reference}",
        "asked": asked,
        "age": age_text(asked.age(now=now)),
        "ways": ways_to_reach(asked),
        "phone": phone_text(asked.phone) if asked.phone else "",
        "may_work": may_work,
        "buttons": [
            (group, [(kind, "Reopen" if kind == Activity.Kind.REOPENED else LABELS[kind]) for kind in kinds])
            for group, kinds in BUTTONS.items()
            if set(kinds) & set(possible)
        ],
        "verdict": Verdict.of_codes(asked.spam_reasons),
        "set_aside_at": SET_ASIDE_AT,
        "activities": asked.activities.order_by("-at", "-pk"),
        "consents": consents_of(asked),
        "do_not_contact": do_not_contact(asked),
        "mails": mail_rows(OutboxMessage.objects.filter(about=asked.subject).order_by("-created_at", "-pk")),
    }
