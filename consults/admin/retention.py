"""The page on which the manager says how long requests are kept, and sees first what that deletes."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone

from ..models import ConsultRequest, RetentionRules
from ..retention import change_rules, forecast, open_for_long
from .tool_page import ToolPages

PERMISSION = "consults.set_retention"
# The list sorts by this column: when the person asked.
OLDEST_FIRST = "o=4"


class MonthsForm(forms.ModelForm):
    """How many months; `previewed` is the number whose consequences were on the screen."""

    previewed = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = RetentionRules
        fields = ["closed_months"]

    @property
    def is_previewed(self) -> bool:
        return self.cleaned_data["previewed"] == str(self.cleaned_data["closed_months"])


class RetentionPage(ToolPages):
    """A ModelAdmin's page about retention."""

    def get_urls(self) -> list:
        page = path("retention/", self.tool(self.retention_view, PERMISSION), name="consults_retention")
        return [page, *super().get_urls()]

    def retention_view(self, request):
        """Show what is deleted and when. A new number is shown with what it deletes before it counts."""
        now, kept = timezone.now(), RetentionRules.load()
        if request.method != "POST":
            return self._retention_page(request, MonthsForm(instance=kept), now=now)
        # A row of its own: what is typed must not pass for what is set.
        form = MonthsForm(request.POST, instance=RetentionRules(pk=1))
        if not form.is_valid():
            return self._retention_page(request, form, now=now, status=422)
        months = form.cleaned_data["closed_months"]
        if months == kept.closed_months:
            self.message_user(request, "Nothing was changed: that is how it is set already.", messages.INFO)
            return HttpResponseRedirect(reverse("admin:consults_retention"))
        if not form.is_previewed:
            return self._retention_page(request, form, now=now, months=months)
        change_rules(closed_months=months, actor=request.user, now=now)
        self.message_user(request, f"Finished requests are now kept for: {_months(months)}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:consults_retention"))

    def _retention_page(self, request, form: MonthsForm, *, now, months: int | None = None, status: int = 200):
        set_to = RetentionRules.load().closed_months
        listed = reverse("admin:consults_consultrequest_changelist")
        context = {
            "title": "How long requests are kept",
            "form": form,
            "rules": forecast(now=now, closed_months=set_to),
            "would_be": months and forecast(now=now, closed_months=months)[-1],
            "months": months and _months(months),
            "typed_months": months,
            "set_to": _months(set_to),
            "long_open": [
                (ConsultRequest.Stage(stage).label, count, f"{listed}?stage__exact={stage}&{OLDEST_FIRST}")
                for stage, count in open_for_long(now=now).items()
                if count
            ],
        }
        return self.tool_page(request, "retention.html", context, status=status)


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"
