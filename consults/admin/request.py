"""Requests: the list the front desk works from, and the page of each."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone

from clinic_site.core.models import AuditEntry

from ..day import age_text, moment_text
from ..models import ConsultRequest
from ..pipeline import MOST_AT_ONCE, confirm_spam_all, release_all
from ..presence import enter, person_name
from .exports import ExportPage
from .filters import AnsweredFilter, DueFilter, OwnClinicsFilter, OwnerFilter, PersonFilter
from .find import FindRequests, code_starts, read_code
from .forms import FindForm
from .page import page_context, reasons
from .paging import COUNTED, CappedPaginator
from .people import PeoplePage
from .reports import Reports
from .retention import RetentionPage
from .steps import OneClickSteps
from .trail import Trail
from .withdraw import WithdrawConsent

# What the filters send. Any other lookup of a column of ours is refused; words that name no column lead to the list.
LOOKUPS = {"stage__exact", "spam_state__exact", "location__id__exact", "location__isnull", "owner"}
COLUMNS = {field.name for field in ConsultRequest._meta.get_fields()}


@admin.register(ConsultRequest)
class ConsultRequestAdmin(
    FindRequests,
    WithdrawConsent,
    OneClickSteps,
    Reports,
    RetentionPage,
    PeoplePage,
    ExportPage,
    Trail,
    admin.ModelAdmin,
):
    """What people sent is kept word for word: nothing here adds, edits or deletes it."""

    list_display = ["reference_spoken", "clinic", "standing", "age", "next_step", "owned_by", "reach"]
    list_filter = [
        DueFilter,
        OwnerFilter,
        "stage",
        ("location", OwnClinicsFilter),
        "spam_state",
        AnsweredFilter,
        PersonFilter,
    ]
    list_select_related = ["location", "owner"]
    list_per_page = list_max_show_all = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-asked_at", "-pk"]
    # By columns that have an index: the list is as fast with 100,000 rows.
    sortable_by = ["reference_spoken", "age"]
    empty_value_display = "Not sure"
    search_fields = ["reference"]
    actions = ["release_chosen", "confirm_chosen_spam"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_queryset(self, request):
        """What this member of the staff may see; the site's own tests never."""
        return super().get_queryset(request).visible_to(request.user).filter(is_test=False)

    def lookup_allowed(self, lookup, value, request) -> bool:
        """Only what the filters send: nobody guesses at hashes or at other people's columns by an address."""
        return lookup in LOOKUPS or lookup.partition("__")[0] not in COLUMNS

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Another clinic's request is not there at all, on every page that has one in its address."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        raise Http404

    # The list --------------------------------------------------------------------------------

    @admin.display(description="reference", ordering="reference")
    def reference_spoken(self, asked: ConsultRequest) -> str:
        return asked.spoken_reference

    @admin.display(description="clinic")
    def clinic(self, asked: ConsultRequest) -> str | None:
        return asked.location and asked.location.name

    @admin.display(description="stage")
    def standing(self, asked: ConsultRequest) -> str:
        if not asked.is_set_aside:
            return asked.get_stage_display()
        return ": ".join([asked.get_spam_state_display(), "; ".join(reasons(asked))]).removesuffix(": ")

    @admin.display(description="asked", ordering="asked_at")
    def age(self, asked: ConsultRequest) -> str:
        return f"{age_text(timezone.now() - asked.asked_at)} ago"

    @admin.display(description="next step", empty_value="None set")
    def next_step(self, asked: ConsultRequest) -> str | None:
        return asked.next_action_at and moment_text(asked.next_action_at, now=timezone.now())

    @admin.display(description="owner", empty_value="Nobody")
    def owned_by(self, asked: ConsultRequest) -> str | None:
        return asked.owner and person_name(asked.owner)

    @admin.display(description="how to reach")
    def reach(self, asked: ConsultRequest) -> str:
        return f"{asked.get_contact_by_display()}, {asked.get_best_time_display().lower()}"

    def changelist_view(self, request, extra_context=None):
        """Show the list and leave an audit entry that names which requests it showed."""
        context = {"title": "Requests", "find": FindForm(), "most": COUNTED, **(extra_context or {})}
        response = super().changelist_view(request, context)
        shown = getattr(response, "context_data", None) and response.context_data.get("cl")
        if shown:
            references = [asked.reference for asked in shown.result_list]
            now = timezone.now()
            AuditEntry.record(
                action="requests-listed", subject="consults", now=now, actor=request.user, requests=references
            )
        return response

    def get_search_results(self, request, queryset, search_term):
        """Find by a reference or the start of one. Phones and addresses never stand in an address: see `find`."""
        if not search_term:
            return queryset, False
        code = read_code(search_term)
        return queryset.filter(code_starts(code)) if code else queryset.none(), False

    @admin.action(description="Release: not spam", permissions=["change"])
    def release_chosen(self, request, queryset) -> None:
        self._judge_all(request, queryset, release_all, "released")

    @admin.action(description="Confirm as spam", permissions=["change"])
    def confirm_chosen_spam(self, request, queryset) -> None:
        self._judge_all(request, queryset, confirm_spam_all, "confirmed as spam")

    def _judge_all(self, request, queryset, step, done: str) -> None:
        chosen = queryset.count()
        judged = step(requests=queryset, actor=request.user, now=timezone.now())
        left = f" {chosen - judged:,} left as they were." if chosen > judged else ""
        if judged == MOST_AT_ONCE:
            left += " That is as many as are done at once: do it again for the rest."
        self.message_user(request, f"{judged:,} {done}.{left}", messages.SUCCESS if judged else messages.WARNING)

    # The page of one request -----------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show one request, keep that somebody has it open, and say who else has."""
        asked = self.get_object(request, object_id)
        if asked is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.show(request, asked)

    def show(self, request, asked, *, status=200, problem="", overtaken=(), **typed) -> TemplateResponse:
        """Return the page of `asked` as it stands now, and leave an audit entry that says who looked.

        `problem` says what could not be done, `overtaken` are the activities of somebody else that stood in
        the way, `typed` the forms to show again.
        """
        now = timezone.now()
        if status != 200:
            asked = self.get_queryset(request).select_related("location", "owner").get(pk=asked.pk)
        may_work = self.has_change_permission(request, asked)
        present = enter(request=asked, user=request.user, now=now) if may_work else []
        page = page_context(
            asked, visible=self.get_queryset(request), user=request.user, may_work=may_work, now=now, **typed
        )
        related = {"related": [other["reference"] for other in page["others"]]} if page["others"] else {}
        AuditEntry.record(action="request-viewed", subject=asked.subject, now=now, actor=request.user, **related)
        context = {
            **self.admin_site.each_context(request),
            **page,
            "opts": self.opts,
            "present": [(person.name, moment_text(person.since, now=now)) for person in present],
            "problem": problem,
            "overtaken": [(activity, moment_text(activity.at, now=now)) for activity in overtaken],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/consults/request.html", context, status=status)
