"""Where staff keep what readers see of the clinics."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.inlines import BoundedInlineMixin
from clinic_site.core.models import AuditEntry
from clinic_site.core.redirect_admin import MovesMixin
from clinic_site.core.search.admin import SearchedAdminMixin

from .models import Clinician, Closure, Hours, Location, LocationPhoto
from .opening import with_opening
from .search import CLINICS

RETIRED_NOT_DELETED = (
    "Clinics are retired, never deleted, because requests go on naming them. Switch off “open to new requests” and "
    "save: readers no longer see the clinic, and the form no longer offers it."
)


class HoursFormSet(BaseInlineFormSet):
    """The stretches of one clinic's week, which may not overlap."""

    def clean(self) -> None:
        """Put an error beside each row that overlaps an earlier one."""
        rows = [form for form in self.forms if {"weekday", "opens", "closes"} <= form.cleaned_data.keys()]
        rows = [form for form in rows if not form.cleaned_data.get("DELETE")]
        faults = [
            (later, earlier.instance)
            for position, later in enumerate(rows)
            for earlier in rows[:position]
            if later.instance.overlaps(earlier.instance)
        ]
        for form, other in faults:
            form.add_error("opens", f"This overlaps {other}. Change one of the two.")
        if not faults:
            # It looks for two rows that open at the same time, which the above has covered.
            super().clean()


class HoursInline(BoundedInlineMixin, admin.TabularInline):
    model = Hours
    formset = HoursFormSet
    ordering = ["weekday", "opens"]
    verbose_name_plural = "opening hours: one row for each stretch, two rows on a day with a lunch break"

    def get_extra(self, request, obj=None, **kwargs) -> int:
        """Offer a whole week to a clinic that has no hours yet."""
        return 1 if obj and obj.hours.exists() else len(Hours.Weekday)


class ClosureInline(BoundedInlineMixin, admin.TabularInline):
    model = Closure
    ordering = ["-starts_on"]
    extra = 1
    verbose_name_plural = "closures of this clinic alone (days on which all are closed are entered under Closures)"


class LocationPhotoInline(BoundedInlineMixin, admin.TabularInline):
    model = LocationPhoto
    ordering = ["position", "pk"]
    extra = 1
    verbose_name_plural = "photos on this clinic’s page"


class LocationChangeList(ChangeList):
    """The list of clinics, each with its state of opening, whatever their number in two queries."""

    def get_results(self, request) -> None:
        super().get_results(request)
        self.result_list = with_opening(self.result_list, now=timezone.now())


@admin.register(Location)
class LocationAdmin(MovesMixin, SearchedAdminMixin, admin.ModelAdmin):
    source = CLINICS
    list_display = ["name", "city", "open_now", "is_active"]
    ordering = ["-is_active", "position", "name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [HoursInline, ClosureInline, LocationPhotoInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_active", "position"]}),
        (
            "Where it is",
            {
                "fields": ["street", "city", "state", "postal_code", "phone"],
                "description": "Shown on the clinic’s page and wherever the clinic is named. The links to map "
                "apps are made from this address.",
            },
        ),
        (
            "What its page says",
            {
                "fields": ["summary", "directions", "parking", "access", "what_to_bring"],
                "description": "Plain text. Readers do not see what is empty.",
            },
        ),
    ]

    def get_changelist(self, request, **kwargs) -> type[ChangeList]:
        return LocationChangeList

    def was_public(self, location: Location) -> bool:
        return location.is_active

    def has_delete_permission(self, request, obj=None) -> bool:
        """A clinic is retired, never deleted: requests go on naming it."""
        return False

    def delete_view(self, request, object_id, extra_context=None):
        """Say how a clinic is retired, to those who may do that."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        location = self.get_object(request, unquote(object_id))
        if location is None:
            raise Http404
        self.message_user(request, RETIRED_NOT_DELETED, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:locations_location_change", args=[location.pk]))

    @admin.display(description="open now")
    def open_now(self, location: Location) -> str:
        if location.opening is None:
            return "no hours yet"
        return f"{'Open' if location.opening.is_open else 'Closed'}: {location.opening.sentence}"


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin):
    list_display = ["reason", "starts_on", "ends_on", "place"]
    list_filter = ["location"]
    list_select_related = ["location"]
    ordering = ["-starts_on", "pk"]
    search_fields = ["reason"]
    fields = ["location", "starts_on", "ends_on", "reason"]

    @admin.display(description="clinic", ordering="location")
    def place(self, closure: Closure) -> str:
        return closure.location.name if closure.location else "every clinic"


@admin.register(Clinician)
class ClinicianAdmin(admin.ModelAdmin):
    list_display = ["name", "credential", "is_shown"]
    ordering = ["position", "name"]
    search_fields = ["name"]
    # Works without script, and the clinics are few.
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    fieldsets = [
        (None, {"fields": ["name", "credential", "is_shown", "position"]}),
        ("What readers see", {"fields": ["license", "bio", "photo", "locations"]}),
        ("Signing reviews", {"fields": ["user"]}),
    ]

    def save_model(self, request, obj: Clinician, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "user" in form.changed_data:  # whose account may sign in this clinician's name
            subject, account = f"clinician:{obj.pk}", f"user:{obj.user_id}" if obj.user_id else ""
            AuditEntry.record(
                action="signer-changed", subject=subject, now=timezone.now(), actor=request.user, account=account
            )
