"""The page that sends requests as a file, to those who may have them all in their hands."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from django.urls import path
from django.utils import timezone

from locations.models import Location

from ..exports import Choice, ExportStream, Format, Reason
from ..models import ConsultRequest
from .tool_page import ToolPages

PERMISSION = "consults.export_requests"
UNSURE = "unsure"
CONTENT_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON: "application/json"}


class DayInput(forms.DateInput):
    input_type = "date"


class ExportForm(forms.Form):
    """What to export, and why."""

    reason = forms.ChoiceField(
        label="Why are they exported?",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        help_text="It is kept in the audit trail, with your name.",
        error_messages={"required": "Select why they are exported", "invalid_choice": "Select why they are exported"},
    )
    since = forms.DateField(label="Received from", required=False, widget=DayInput)
    until = forms.DateField(label="Received until", required=False, widget=DayInput)
    clinic = forms.ChoiceField(label="Clinic", required=False)
    stages = forms.MultipleChoiceField(
        label="Stages",
        required=False,
        choices=ConsultRequest.Stage.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them.",
    )
    with_spam = forms.BooleanField(label="Include what was set aside as spam", required=False)
    with_contact = forms.BooleanField(
        label="Include names, phone numbers, e-mail addresses and notes",
        required=False,
        help_text="Leave it empty when you only count: a file with names must be kept safe, and deleted after use.",
    )
    format = forms.ChoiceField(label="File", choices=Format.choices, initial=Format.CSV, widget=forms.RadioSelect)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.locations = {str(place.pk): place for place in Location.objects.order_by("position", "name")}
        self.fields["clinic"].choices = [
            ("", "Every clinic"),
            *((pk, place.name) for pk, place in self.locations.items()),
            (UNSURE, "Not sure"),
        ]

    def clean_until(self):
        # The day after it must exist, too.
        until = self.cleaned_data["until"]
        try:
            _ = until and until + timedelta(days=2)
        except OverflowError:
            raise ValidationError("Enter an earlier day") from None
        return until

    def clean(self) -> dict:
        data = super().clean()
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", "The last day lies before the first")
        return data

    @property
    def choice(self) -> Choice:
        """What a valid form asks for."""
        data = {**self.cleaned_data}
        clinic = data.pop("clinic")
        return Choice(location=self.locations.get(clinic), unsure_only=clinic == UNSURE, **data)


class ExportPage(ToolPages):
    """A ModelAdmin's page for exports."""

    def get_urls(self) -> list:
        page = path("export/", self.tool(self.export_view, PERMISSION), name="consults_export")
        return [page, *super().get_urls()]

    def export_view(self, request):
        """Ask what to export and why; then send it row by row."""
        form = ExportForm(request.POST if request.method == "POST" else None)
        if request.method != "POST" or not form.is_valid():
            status = 422 if form.is_bound else 200
            return self.tool_page(request, "export.html", {"title": "Export requests", "form": form}, status=status)
        now, choice = timezone.now(), form.choice
        stream = ExportStream(choice=choice, user=request.user, now=now, clock=timezone.now)
        response = StreamingHttpResponse(stream, content_type=CONTENT_TYPES[choice.format])
        name = f"requests-{timezone.localdate(now)}.{choice.format}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
