"""The consult form: six questions, two permissions, nothing about health."""

from dataclasses import dataclass

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.urls import Resolver404, resolve

from clinic_site.core.models import ClinicIdentity
from locations.models import Location

from .cleaning import ENTER_EMAIL, ENTER_PHONE, PHONE_MAX_LENGTH, clean_email, dialable, one_line, without_invisible
from .intake import Answers, Wordings
from .models import ConsentText, ConsultRequest

NOTE_MAX_LENGTH = 500
ContactBy = ConsultRequest.ContactBy
UNSURE = "unsure"
SELECT_LOCATION = "Select where you would like to be seen"
SELECT_CONTACT = "Select how we should reach you"
ALLOW_TEXTS = "Tick this box if we may text you. If not, choose a phone call or email"
# The pages that carry the form; anything else sent as `page` is not counted.
COUNTED_PAGES = {"articles:article", "locations:location", "consults:consult", "site:home"}


class PlainText(forms.CharField):
    """A text field that says in plain words what is wrong with unprintable input."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        for validator in self.validators:
            if isinstance(validator, ProhibitNullCharactersValidator):
                validator.message = "Remove the unreadable characters and try again"


class PlainLines(PlainText):
    """A text of several lines. A line break counts as one character, as it does in the browser, however it is sent.

    An emoji counts as one here and as two there: the server is never the stricter one.
    """

    widget = forms.Textarea

    def to_python(self, value) -> str:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n")


class HiddenText(forms.Field):
    """A value the page sends by itself. It never raises: a person could not mend it."""

    widget = forms.HiddenInput

    def clean(self, value) -> str:
        return str(value or "").replace("\0", "")


class Tiles(forms.RadioSelect):
    """Radio buttons as tiles; `hints` gives a choice a second, smaller line."""

    hints: dict[str, str] = {}

    def create_option(self, name, value, *args, **kwargs) -> dict:
        return {**super().create_option(name, value, *args, **kwargs), "hint": self.hints.get(value, "")}


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What the form offers now: the clinics by their slugs, the newest wordings, whether there is room for a note."""

    locations: dict[str, Location]
    wordings: Wordings
    has_note: bool

    @classmethod
    def now(cls) -> "Offered":
        return cls(
            locations={location.slug: location for location in Location.objects.active()},
            wordings=ConsentText.all_current(),
            has_note=ClinicIdentity.load().ask_for_note,
        )


class ConsultForm(forms.Form):
    """Checks and cleans the answers. `answers` hands them to the intake.

    `offered` is what there is to choose from, as somebody has read it already.
    """

    location = forms.ChoiceField(
        label="Where would you like to be seen?",
        widget=Tiles,
        error_messages={"required": SELECT_LOCATION, "invalid_choice": SELECT_LOCATION},
    )
    name = PlainText(
        label="Your name",
        max_length=100,
        error_messages={
            "required": "Enter your name",
            "max_length": "Your name must be %(limit_value)d characters or fewer",
        },
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    phone = PlainText(
        label="Phone number",
        required=False,
        max_length=PHONE_MAX_LENGTH,
        help_text="We only use it to talk about this request",
        error_messages={"max_length": ENTER_PHONE},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "w20"}),
    )
    contact_by = forms.ChoiceField(
        label="How should we reach you?",
        choices=ContactBy.choices,
        initial=ContactBy.CALL,
        widget=Tiles,
        error_messages={"required": SELECT_CONTACT, "invalid_choice": SELECT_CONTACT},
    )
    may_text = forms.BooleanField(required=False, help_text="Needed only if you chose text")
    email = PlainText(
        label="Email address",
        required=False,
        max_length=254,
        help_text="Needed only if you chose email",
        error_messages={"max_length": ENTER_EMAIL},
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email", "spellcheck": "false"}),
    )
    best_time = forms.ChoiceField(
        label="Best time",
        required=False,
        choices=ConsultRequest.BestTime.choices,
        error_messages={"invalid_choice": "Select one of the times in the list"},
        widget=forms.Select(attrs={"class": "w20"}),
    )
    may_name_clinic = forms.BooleanField(
        required=False, help_text="Leave this empty and we only say our first names and number."
    )
    note = PlainLines(
        label="Anything we should know for the call?",
        required=False,
        max_length=NOTE_MAX_LENGTH,
        help_text="Please do not share medical details here. We will talk about those by phone.",
        error_messages={"max_length": "Your note must be %(limit_value)d characters or fewer"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    source = HiddenText()
    page = HiddenText()
    consents = HiddenText()
    took = HiddenText()  # written by form.js, read by client.client_of

    use_required_attribute = False

    def __init__(self, *args, offered: Offered | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        offered = offered or Offered.now()
        self.locations, self.wordings = offered.locations, offered.wordings
        self.fields["location"].choices = [
            *((location.slug, location.name) for location in self.locations.values()),
            (UNSURE, "Not sure"),
        ]
        self.fields["location"].widget.hints = {
            UNSURE: "Help me choose",
            **{location.slug: location.city for location in self.locations.values() if location.city != location.name},
        }
        self.initial.setdefault("consents", ",".join(str(text.pk) for text in self.wordings.values() if text))
        voicemail = self.wordings[ConsentText.Purpose.VOICEMAIL]
        self.fields["may_name_clinic"].label = (
            voicemail.body if voicemail else "You may say the clinic’s name in a voicemail or text"
        )
        self._ask_about_texts()
        if not offered.has_note:
            del self.fields["note"]
        for name in self.fields.keys() & {"email", "best_time", "note"}:
            self.fields[name].mark_optional = True
        self.helper = FormHelper()
        # The form tag stands in the template; see views.consult for why there is no token.
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def _ask_about_texts(self) -> None:
        """Show the wording beside its box. Without a wording nobody can agree to texts, so none are offered."""
        if wording := self.wordings[ConsentText.Purpose.TEXT]:
            self.fields["may_text"].label = wording.body
            return
        del self.fields["may_text"]
        contact_by = self.fields["contact_by"]
        contact_by.choices = [(value, label) for value, label in contact_by.choices if value != ContactBy.TEXT]

    @property
    def contact_wording(self) -> str:
        """What sending the form agrees to, shown above the button."""
        wording = self.wordings[ConsentText.Purpose.CONTACT]
        return wording.body if wording else ""

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not without_invisible(name):
            raise ValidationError("Enter your name")
        return name

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    def clean_source(self) -> str:
        source = self.cleaned_data["source"]
        return source if source in ConsultRequest.Source.values else ConsultRequest.Source.CONSULT

    def clean_page(self) -> str:
        page = self.cleaned_data["page"]
        try:
            known = len(page) <= 150 and resolve(page).view_name in COUNTED_PAGES
        except Resolver404:
            known = False
        return page if known else ""

    def clean_consents(self) -> dict[str, ConsentText | None]:
        """The wordings that the page showed, by purpose; the current ones for any that it does not name."""
        words = self.cleaned_data["consents"].split(",")[:10]
        shown = {int(pk) for pk in words if pk.isascii() and pk.isdigit() and len(pk) < 10}
        older = shown - {text.pk for text in self.wordings.values() if text}
        texts = ConsentText.objects.filter(pk__in=older) if older else []
        return {**self.wordings, **{text.purpose: text for text in texts}}

    def clean(self) -> dict:
        data = super().clean()
        by_email = data.get("contact_by") == ContactBy.EMAIL
        if data.get("contact_by") == ContactBy.TEXT and not data.get("may_text"):
            self.add_error("may_text", ALLOW_TEXTS)
        if by_email and not data.get("email") and "email" not in self.errors:
            self.add_error("email", "Enter your email address, or choose another way to be reached")
        typed = data.get("phone", "")
        data["dialable"] = dialable(typed)
        # Words in the phone field ("call after 5") are kept when there is another way to answer.
        is_answerable = data["dialable"] or data.get("email") or (by_email and not typed)
        if not is_answerable and not self.errors.keys() & {"phone", "email"}:
            self.add_error("phone", ENTER_PHONE)
        return data

    @property
    def answers(self) -> Answers:
        """The cleaned answers of a valid form."""
        data = self.cleaned_data
        return Answers(
            location=self.locations.get(data["location"]),
            name=data["name"],
            phone=data["dialable"],
            phone_as_typed=data["phone"],
            email=data["email"],
            contact_by=data["contact_by"],
            best_time=data["best_time"] or ConsultRequest.BestTime.ANY,
            may_name_clinic=data["may_name_clinic"],
            # Ticked beside another way, the box asks for nothing: it counts only for who chose text.
            may_text=data["contact_by"] == ContactBy.TEXT and data["may_text"],
            note=data.get("note", ""),
        )
