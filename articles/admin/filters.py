"""The filters beside the lists."""

from django.contrib.admin import SimpleListFilter
from django.utils import timezone

from ..models import Review, State


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        if self.value() in State.values:
            return queryset.in_state(State(self.value()), timezone.now())
        return queryset


class ReviewFilter(SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("none", "Not reviewed"), ("overdue", "Past its date"), ("stands", "Reviewed")]

    def queryset(self, request, queryset):
        standing = Review.objects.filter(voided_at=None)
        current = standing.filter(next_due_on__gte=timezone.localdate())
        match self.value():
            case "none":
                return queryset.filter(is_medical=True).exclude(reviews__in=standing)
            case "overdue":
                return queryset.filter(reviews__in=standing).exclude(reviews__in=current).distinct()
            case "stands":
                return queryset.filter(reviews__in=current).distinct()
        return queryset


class CheckedFilter(SimpleListFilter):
    title = "compared with the source"
    parameter_name = "checked"

    def lookups(self, request, model_admin):
        return [("yes", "Yes"), ("no", "Not yet")]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "no"):
            return queryset.filter(checked_on__isnull=self.value() == "no")
        return queryset
