"""Redirects in the admin: rows entered by hand, and rows that write themselves when an address changes."""

from urllib.parse import unquote

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from .models import Redirect
from .redirects import is_own_path, record_move, record_removal


class MovesMixin:
    """Sends readers on when the address of a row changes, and says "removed" when the row is deleted.

    For the admin of models with `get_absolute_url()`. Comes before the class that saves.
    """

    def was_public(self, row: models.Model) -> bool:
        """Whether readers could open the address that `row`, as it was stored, had until now."""
        return True

    def save_model(self, request, obj, form, change: bool) -> None:
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if before is not None:
                record_move(
                    old_path=before.get_absolute_url(),
                    new_path=obj.get_absolute_url(),
                    now=timezone.now(),
                    was_public=self.was_public(before),
                )

    def delete_model(self, request, obj) -> None:
        path, was_public = obj.get_absolute_url(), self.was_public(obj)
        with transaction.atomic():
            super().delete_model(request, obj)
            record_removal(path=path, now=timezone.now(), was_public=was_public)

    def delete_queryset(self, request, queryset) -> None:
        gone = [(row.get_absolute_url(), self.was_public(row)) for row in queryset]
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            for path, was_public in gone:
                record_removal(path=path, now=timezone.now(), was_public=was_public)


class RedirectForm(forms.ModelForm):
    """Two addresses of this site, of which the second is not sent on to the first."""

    class Meta:
        model = Redirect
        fields = ["old_path", "new_path"]

    def clean_old_path(self) -> str:
        return _own_path(self.cleaned_data["old_path"])

    def clean_new_path(self) -> str:
        path = self.cleaned_data["new_path"]
        if not path:
            return path
        path = _own_path(path)
        try:
            resolve(path)
        except Resolver404:
            raise ValidationError(f"This site has no page at {path}. Check the address.") from None
        return path

    def clean(self) -> None:
        super().clean()
        old, new = self.cleaned_data.get("old_path"), self.cleaned_data.get("new_path")
        if not (old and new):
            return
        further = Redirect.objects.filter(old_path=new).exclude(pk=self.instance.pk).first()
        if new == old or (further and further.new_path == old):
            self.add_error("new_path", "This leads back to the old address: readers would go round in circles.")
        elif further:
            step = f"is itself sent on to {further.new_path}" if further.new_path else "is itself marked as removed"
            self.add_error("new_path", f"{new} {step}. Give the last address, or delete that redirect first.")


def _own_path(address: str) -> str:
    """Return a pasted address as a path on this site; refuse, in words, what is none."""
    path = unquote(address.removeprefix(settings.SITE_URL))
    if not path.startswith("/"):
        raise ValidationError("Write the address from the first slash on, such as /about/.")
    if not is_own_path(path):
        raise ValidationError("Only a plain address on this site can stand here, such as /about/, without ? or #.")
    if path.startswith(reverse("admin:index")):
        raise ValidationError("Addresses of the admin cannot be redirected.")
    return path


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):
    form = RedirectForm
    list_display = ["old_path", "leads_to", "is_manual", "created_at"]
    list_filter = ["is_manual"]
    ordering = ["old_path"]
    search_fields = ["old_path", "new_path"]
    fields = ["old_path", "new_path"]

    @admin.display(description="new address", ordering="new_path")
    def leads_to(self, redirect: Redirect) -> str:
        return redirect.new_path or "removed (410)"

    def save_model(self, request, obj: Redirect, form, change: bool) -> None:
        obj.created_at, obj.is_manual = timezone.now(), True
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            # Whatever led to the old address goes straight to the new one.
            Redirect.objects.filter(new_path=obj.old_path).update(new_path=obj.new_path)
