"""The page that finds what is kept of one person, gives it out and erases it. All of it is posted."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils import timezone

from ..personal_data import Person, Reason, erase_person, export_person, read_person, read_signed, record_found
from .tool_page import ToolPages

PERMISSION = "consults.handle_personal_data"
UNREADABLE = "Enter a whole phone number with its area code, or a whole e-mail address"
TOO_OLD = "That page was open for too long. Search once more."
CHANGED = "Nothing was erased: the number of requests has changed since you searched. Look at them once more."


class PersonForm(forms.Form):
    """By what the person is known."""

    term = forms.CharField(
        label="Phone number or e-mail address",
        max_length=254,
        help_text="The whole number or the whole address, as the person gave it. What you type is kept nowhere.",
        error_messages={"required": UNREADABLE, "max_length": UNREADABLE},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_term(self) -> Person:
        person = read_person(self.cleaned_data["term"])
        if person is None:
            raise forms.ValidationError(UNREADABLE)
        return person


class EraseForm(forms.Form):
    """The last question: how many requests, and why."""

    count = forms.IntegerField(
        label="Type the number of requests to be erased",
        error_messages={"required": "Type the number of requests", "invalid": "Type the number of requests in digits"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(
        label="Why",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select why they are erased", "invalid_choice": "Select why they are erased"},
    )

    def __init__(self, *args, found: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        self.fields["count"].help_text = f"There {'is 1' if found == 1 else f'are {found}'}."

    def clean_count(self) -> int:
        if self.cleaned_data["count"] != self.found:
            raise forms.ValidationError(f"That is not the number of requests: type {self.found}")
        return self.cleaned_data["count"]


class PeoplePage(ToolPages):
    """A ModelAdmin's pages about one person."""

    def get_urls(self) -> list:
        pages = [
            path("people/", self.tool(self.people_view, PERMISSION), name="consults_people"),
            path("people/download/", self.tool(self.download_view, PERMISSION), name="consults_people_download"),
            path("people/erase/", self.tool(self.erase_view, PERMISSION), name="consults_people_erase"),
        ]
        return [*pages, *super().get_urls()]

    def people_view(self, request):
        """Ask for a number or an address; show what is kept under it."""
        if request.method != "POST":
            return self._people_page(request, PersonForm())
        form = PersonForm(request.POST)
        if not form.is_valid():
            return self._people_page(request, form, status=422)
        # An empty form: the page that shows a person's requests does not repeat their number.
        return self._people_page(request, PersonForm(), person=form.cleaned_data["term"])

    def download_view(self, request):
        """Send all that is kept of the person as one JSON file."""
        person = self._person(request)
        if person is None:
            return self._search_again(request)
        now = timezone.now()
        kept = export_person(person, user=request.user, now=now)
        response = JsonResponse(kept, json_dumps_params={"indent": 2, "ensure_ascii": False})
        name = f"what-we-keep-{timezone.localdate(now)}.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def erase_view(self, request):
        """Erase what was found, once somebody has typed how much that is."""
        person = self._person(request)
        if person is None:
            return self._search_again(request)
        form = EraseForm(request.POST, found=person.requests(request.user).count())
        if not form.is_valid():
            return self._people_page(request, PersonForm(), person=person, erase=form, status=422)
        count, reason = form.cleaned_data["count"], form.cleaned_data["reason"]
        if not erase_person(person, reason=reason, expected=count, user=request.user, now=timezone.now()):
            self.message_user(request, CHANGED, messages.WARNING)
            return self._people_page(request, PersonForm(), person=person)
        erased = "1 request was" if count == 1 else f"{count} requests were"
        self.message_user(request, f"{erased} erased. The audit trail keeps that there was something.")
        return HttpResponseRedirect(reverse("admin:consults_people"))

    def _person(self, request) -> Person | None:
        return read_signed(request.POST.get("person", "")) if request.method == "POST" else None

    def _search_again(self, request) -> HttpResponse:
        if request.method == "POST":
            self.message_user(request, TOO_OLD, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:consults_people"))

    def _people_page(self, request, form, *, person: Person | None = None, erase=None, status: int = 200):
        context = {"title": "What is kept of a person", "form": form}
        if person:
            found = record_found(person, user=request.user, now=timezone.now())
            context |= {
                "by": {"phone": "phone number", "email": "e-mail address"}[person.by],
                "searched": True,
                "found": found,
                "is_all": request.user.has_perm("consults.view_every_clinic"),
                "person": person.signed(),
                "open": sum(asked.is_open for asked in found),
                "set_aside": sum(asked.is_set_aside for asked in found),
                "erase": erase or EraseForm(found=len(found)),
            }
        return self.tool_page(request, "people.html", context, status=status)
