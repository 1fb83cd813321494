"""The report page: which days, which clinic; drawings and tables; each table as CSV."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode

from clinic_site.core.models import AuditEntry, ClinicIdentity
from locations.models import Location

from ..dashboard import may_see
from ..exports import cell
from ..models import RetentionRules
from ..periods import DEFAULT_WEEKS, EARLIEST, MOST_YEARS, Period, last_months, last_weeks, longest_from
from ..report_parts import Figures, Table, day_text, duration, with_share
from ..report_sections import SECTIONS, all_sections, table_named

NOT_SURE = "not-sure"


class RangeForm(forms.Form):
    """From which day to which, both included, and of which clinic. Every field may be left empty."""

    def __init__(self, *args, clinics: Sequence[tuple[str, str]], now: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.default = last_weeks(now=now)
        date_input = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        wrong = {"invalid": "This is no date. Dates look like 2026-11-26."}
        # "from" is a word of the language, so the fields have to be named here.
        self.fields["from"] = forms.DateField(required=False, label="From", widget=date_input, error_messages=wrong)
        self.fields["to"] = forms.DateField(required=False, label="To", widget=date_input, error_messages=wrong)
        self.fields["clinic"] = forms.ChoiceField(
            required=False,
            label="Clinic",
            choices=[("", "All"), *clinics],
            error_messages={"invalid_choice": "There is no such clinic."},
        )

    def clean(self) -> dict:
        chosen = super().clean()
        if self.errors:
            return chosen
        today = self.default.last
        last = min(chosen["to"] or today, today)
        first = chosen["from"] or min(self.default.first, last)
        if first > last:
            self.add_error("from", "The first day is after the last day, or after today.")
        elif first < EARLIEST:
            self.add_error("from", f"The first day cannot be before {day_text(EARLIEST)}.")
        elif last > longest_from(first):
            self.add_error("to", f"At most {MOST_YEARS} years can be shown at once.")
        return {**chosen, "first": first, "last": last}

    @property
    def period(self) -> Period:
        """The days asked for; the default ones when what was asked for makes no sense."""
        if not self.is_valid():
            return self.default
        return Period(first=self.cleaned_data["first"], last=self.cleaned_data["last"], zone=self.default.zone)

    @property
    def clinic(self) -> str:
        return self.cleaned_data["clinic"] if self.is_valid() else ""


class Reports:
    """A ModelAdmin's view of the reports. Figures alone, no persons: a GET may fetch them."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.reports_view)
        return [path("reports/", view, name="consults_reports"), *super().get_urls()]

    def reports_view(self, request):
        if not request.user.has_perm("consults.view_reports"):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        now = timezone.now()
        places = _places(request.user)
        form = RangeForm(_asked(request, now=now), clinics=[(key, name) for key, _, name in places], now=now)
        period, name = form.period, request.GET.get("csv", "")
        figures = _figures(request.user, [place for place in places if form.clinic in ("", place[0])], period, now)
        if name and name not in SECTIONS:
            form.add_error(None, "There is no table of that name. These are all there are.")
        about = {"first": period.first.isoformat(), "last": period.last.isoformat()}
        if name and form.is_valid():
            _note("report-exported", request, now, table=name, **about)
            return csv_response(table_named(name, figures), period)
        _note("report-viewed", request, now, **about)
        context = {**self.admin_site.each_context(request), **_page(form, figures, now=now), "opts": self.opts}
        context["sees_all"] = request.user.has_perm("consults.view_every_clinic")
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/consults/reports.html", context)


def _asked(request, *, now: datetime) -> dict[str, str]:
    """What the address asks for; the default days, written into the form, when it names none."""
    asked = {name: request.GET.get(name, "") for name in ("from", "to", "clinic")}
    if asked["from"] or asked["to"]:
        return asked
    default = last_weeks(now=now)
    return {**asked, "from": default.first.isoformat(), "to": default.last.isoformat()}


def _note(action: str, request, now: datetime, **detail) -> None:
    AuditEntry.record(action=action, subject="consults", now=now, actor=request.user, **detail)


def _places(user) -> list[tuple[str, int | None, str]]:
    """The clinics whose requests `user` may see, as (name in addresses, id, name); then people who were not sure."""
    clinics = Location.objects.order_by("position", "name", "pk")
    if not user.has_perm("consults.view_every_clinic"):
        clinics = clinics.filter(desk_staff=user)
    return [*((clinic.slug, clinic.pk, clinic.name) for clinic in clinics), (NOT_SURE, None, "Not sure")]


def _figures(user, places: Iterable[tuple[str, int | None, str]], period: Period, now: datetime) -> Figures:
    places = list(places)
    sees_requests = user.has_perm("consults.view_every_clinic") or may_see(user)
    return Figures(
        visible={pk for _, pk, _ in places} if sees_requests else set(),
        clinics=[(pk, name) for _, pk, name in places],
        period=period,
        promise_hours=ClinicIdentity.load().answer_within_hours,
        now=now,
    )


def _page(form: RangeForm, figures: Figures, *, now: datetime) -> dict:
    """What the page shows."""
    period, clinic = figures.period, form.clinic
    return {
        "title": "Reports",
        "form": form,
        "period": f"{day_text(period.first)} to {day_text(period.last)}",
        "of": figures.clinics[0][1] if clinic else "",
        "presets": [(words, _query(preset, clinic), preset == period) for words, preset in _presets(now=now).items()],
        "query": _query(period, clinic),
        "key_figures": _key_figures(figures),
        "sections": all_sections(figures),
        "kept_months": RetentionRules.load().closed_months,
    }


def _presets(*, now: datetime) -> dict[str, Period]:
    return {
        "4 weeks": last_weeks(weeks=4, now=now),
        f"{DEFAULT_WEEKS} weeks": last_weeks(now=now),
        "12 months": last_months(months=12, now=now),
    }


def _query(period: Period, clinic: str) -> str:
    asked = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return urlencode({**asked, "clinic": clinic} if clinic else asked)


def _key_figures(figures: Figures) -> list[tuple[str, str, str]]:
    """The four numbers on top: words, number, and the part of the page that explains it."""
    times, weeks = figures.contact_of_all, figures.set_aside.values()
    received = sum(week.received for week in weeks)
    return [
        ("Requests", f"{times.asked:,}", "requests-by-week"),
        ("Median time to first contact", duration(times.median), "first-contact"),
        ("No contact yet", f"{times.not_yet:,}", "first-contact"),
        ("Set aside as possible spam", with_share(sum(week.set_aside for week in weeks), received), "set-aside"),
    ]


def csv_response(table: Table, period: Period) -> HttpResponse:
    """Return a table as a file that spreadsheets open: UTF-8 with its mark, and no cell that is run as a formula."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"{table.name}-{period.first.isoformat()}-to-{period.last.isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(map(cell, table.export_headings or table.headings))
    writer.writerows(map(cell, row) for row in table.export)
    return response
