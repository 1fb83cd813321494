"""The audit trail as managers read it: who, when, what, from where, about which request."""

import re
from datetime import date, datetime, time, timedelta

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from .audit_words import SUBJECTS, action_words, actions_named, subject_words
from .models import AuditEntry
from .read_only_admin import ReadOnlyAdmin

# Counting further takes longer than anybody reads: a search reaches what lies behind.
MOST_LISTED = 10_000
MOST_NAMES = 50
PERIODS = {"today": (0, "Today"), "week": (6, "The last 7 days"), "month": (29, "The last 30 days")}
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})")


class CappedPaginator(Paginator):
    """Counts up to ten thousand, and lists as many."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MOST_LISTED].count()


class ActionFilter(admin.SimpleListFilter):
    """What was done, in plain words."""

    title = "what"
    parameter_name = "action"

    def lookups(self, request, model_admin) -> list[tuple[str, str]]:
        return sorted(((code, action_words(code)) for code in _happened()), key=lambda item: item[1])

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        is_known = self.value() in dict(self.lookup_choices)
        return queryset.filter(action=self.value()) if is_known else queryset


class PeriodFilter(admin.SimpleListFilter):
    """When it was done: whole days of the clinic's."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request, model_admin) -> list[tuple[str, str]]:
        return [(key, words) for key, (_, words) in PERIODS.items()]

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        if self.value() not in PERIODS:
            return queryset
        first = timezone.localdate() - timedelta(days=PERIODS[self.value()][0])
        return queryset.filter(at__gte=_midnight(first))


# From each action to the next in the index: DISTINCT would go through all entries, of which there are millions.
HAPPENED = """
    WITH RECURSIVE happened(action) AS (
      SELECT min(action) FROM core_auditentry
      UNION ALL
      SELECT (SELECT min(action) FROM core_auditentry WHERE action > happened.action)
      FROM happened WHERE action IS NOT NULL
    )
    SELECT action FROM happened WHERE action IS NOT NULL"""


def _happened() -> list[str]:
    """Return every action of which there is an entry."""
    with connection.cursor() as cursor:
        cursor.execute(HAPPENED)
        return [action for (action,) in cursor.fetchall()]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["when", "who", "what", "about", "where"]
    list_filter = [PeriodFilter, ActionFilter]
    list_per_page = 50
    list_max_show_all = 50
    ordering = ["-at", "-pk"]
    # By columns that have an index: the list is as fast with 100,000 entries.
    sortable_by = ["when"]
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["subject"]
    search_help_text = (
        "A reference (7K3M-9PXW), somebody’s name, what was done (exported), or a day (2026-11-25). "
        f"The newest {MOST_LISTED:,} are listed; a search finds older ones."
    )
    fields = ["when", "who", "what", "about", "where", "detail"]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Audit trail", **(extra_context or {})})

    @admin.display(description="when", ordering="at")
    def when(self, entry: AuditEntry) -> datetime:
        return entry.at

    @admin.display(description="who", ordering="actor_name")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or ("The visitor" if "received" in entry.action else "The site itself")

    @admin.display(description="what", ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return action_words(entry.action)

    @admin.display(description="about")
    def about(self, entry: AuditEntry) -> str:
        return subject_words(entry.subject)

    @admin.display(description="from where", empty_value="Not kept")
    def where(self, entry: AuditEntry) -> str | None:
        return entry.from_address

    def lookup_allowed(self, lookup, value, request) -> bool:
        """Only what the filters send."""
        return lookup in {PeriodFilter.parameter_name, ActionFilter.parameter_name}

    def get_search_results(self, request, queryset, search_term):
        """Find by what has an index: a reference, an account, an action, a day. Words joined by spaces narrow it."""
        term = " ".join(search_term.split())
        if not term:
            return queryset, False
        if named := _named_by(term):
            return queryset.filter(named), False
        for word in term.split(" ")[:5]:
            queryset = queryset.filter(_named_by(word) or Q(pk__in=[]))
        return queryset, False


def _named_by(term: str) -> Q | None:
    """The entries that `term` names as a whole; None when it names nothing."""
    if day := _day(term):
        return Q(at__gte=_midnight(day), at__lt=_midnight(day + timedelta(days=1)))
    found = None
    code = term.replace("-", "").upper()
    if len(code) == 8 and code.isascii() and code.isalnum():
        found = Q(subject__in=[f"{kind}:{code}" for kind in SUBJECTS])
    if actions := actions_named(term):
        found = (found or Q()) | Q(action__in=actions)
    if names := _accounts(term):
        found = (found or Q()) | Q(actor_name__in=names)
    return found


def _accounts(term: str) -> list[str]:
    """The user names that `term` may mean; one whose account is gone is found by the whole user name."""
    users = get_user_model().objects.filter(
        Q(username__icontains=term) | Q(first_name__icontains=term) | Q(last_name__icontains=term)
    )
    names = list(users.order_by("username").values_list("username", flat=True)[:MOST_NAMES])
    return names or ([term] if AuditEntry.objects.filter(actor_name=term).exists() else [])


def _day(term: str) -> date | None:
    if not (match := DATE.fullmatch(term)):
        return None
    year, month, day, us_month, us_day, us_year = match.groups()
    try:
        found = date(int(year or us_year), int(month or us_month), int(day or us_day))
    except ValueError:
        return None
    return found if date.min + timedelta(days=2) < found < date.max - timedelta(days=2) else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
