"""What the list of requests can be narrowed to. No filter puts anything personal into an address."""

import re

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone

from ..desk import NO_DAY, OPEN, UNTRIED, answered_today, due_later, due_today, owned_by
from ..models import ConsultRequest
from ..same_person import of_person

SpamState = ConsultRequest.SpamState
REAL = Q(spam_state__in=[SpamState.CLEAN, SpamState.RELEASED])
PERSON = re.compile(r"[0-9a-f]{64}\Z")


class OwnClinicsFilter(admin.RelatedFieldListFilter):
    """The clinics whose requests this member of the staff may see."""

    def field_choices(self, field, request, model_admin) -> list:
        ordering = self.field_admin_ordering(field, request, model_admin)
        limit = {} if request.user.has_perm("consults.view_every_clinic") else {"desk_staff": request.user}
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=limit)


class _Choices(admin.SimpleListFilter):
    """A filter that leaves out what it does not know, instead of showing everything."""

    def conditions(self, request) -> dict[str, Q]:
        raise NotImplementedError

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        condition = self.conditions(request).get(self.value())
        return queryset.none() if condition is None else queryset.filter(condition)


class DueFilter(_Choices):
    title, parameter_name = "next step", "due"

    def lookups(self, request, model_admin) -> list:
        return [
            ("untried", "Waiting, not tried yet"),
            ("today", "Due again today"),
            ("later", "Back on a later day"),
            ("unset", "In touch, no day set"),
        ]

    def conditions(self, request) -> dict[str, Q]:
        now = timezone.now()
        return {
            "untried": REAL & UNTRIED,
            "today": REAL & due_today(now=now),
            "later": REAL & due_later(now=now),
            "unset": REAL & NO_DAY,
        }


class OwnerFilter(_Choices):
    title, parameter_name = "owner", "owner"

    def lookups(self, request, model_admin) -> list:
        return [("me", "Mine, still open"), ("nobody", "Nobody’s, still open")]

    def conditions(self, request) -> dict[str, Q]:
        return {"me": REAL & owned_by(request.user), "nobody": REAL & OPEN & Q(owner=None)}


class AnsweredFilter(_Choices):
    title, parameter_name = "answered", "answered"

    def lookups(self, request, model_admin) -> list:
        return [("today", "Today")]

    def conditions(self, request) -> dict[str, Q]:
        return {"today": REAL & answered_today(now=timezone.now())}


class PersonFilter(admin.SimpleListFilter):
    """The requests of one phone or one e-mail address, named by its keyed hash; see `find`."""

    title, parameter_name = "person", "person"

    def lookups(self, request, model_admin) -> list:
        return [(self.value(), "The person you looked for")] if self.value() else []

    def queryset(self, request, queryset):
        person = self.value()
        if person is None:
            return queryset
        if not PERSON.match(person):
            return queryset.none()
        return queryset.filter(of_person(person))
