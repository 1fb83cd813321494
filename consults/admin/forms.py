"""What staff type at a request: a note, a time, a phone number, what they look for."""

from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ..cleaning import ENTER_PHONE, PHONE_MAX_LENGTH, dialable
from ..day import local_moment
from ..forms import PlainText
from ..models import Activity
from ..pipeline import LONGEST_WAIT, OUTCOMES, can_come_back

NOTE_MAX_LENGTH = 500
# What browsers send from the field, and what people type where it is a plain one.
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p"]
UNREADABLE = "Enter a day and a time, such as 11/30/2026 2:30 pm"
PASSED = "That time has passed. Choose a later one"
NO_TIME = "Choose when to try again"
NO_WORDS = "Write the note first"
TOO_FAR = f"Choose a time within the next {LONGEST_WAIT.days} days"


class NoteField(PlainText):
    """A short text of several lines, whose line breaks count as one character, as in the browser."""

    def to_python(self, value) -> str:
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").strip()


class OutcomeForm(forms.Form):
    """What goes with an outcome: when to try again, and a note. Both may stay empty."""

    until = PlainText(
        label="Try again at",
        required=False,
        max_length=30,
        error_messages={"max_length": UNREADABLE},
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
    )
    note = NoteField(
        label="Note",
        required=False,
        max_length=NOTE_MAX_LENGTH,
        help_text="No clinical details. Kept encrypted, never changed.",
        error_messages={"max_length": "The note must be %(limit_value)d characters or fewer; it has %(show_value)d"},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    use_required_attribute = False

    def __init__(self, *args, now: datetime, kind: str = "", until: datetime | None = None, **kwargs) -> None:
        """`kind` is what is noted with it. `until` takes the place of a time that was typed."""
        super().__init__(*args, **kwargs)
        self.now, self.kind, self.chosen = now, kind, until
        self.fields["until"].widget.attrs.update(min=_in_field(now), max=_in_field(now + LONGEST_WAIT))

    def clean(self) -> dict:
        data = super().clean()
        comes_back = self.kind in OUTCOMES and not OUTCOMES[self.kind].ends
        if self.chosen or not comes_back:
            # Whatever stands in the field, nobody asked for it.
            self.errors.pop("until", None)
            data["until"] = self.chosen
        if self.kind == Activity.Kind.TRY_AGAIN and "until" not in self.errors and not data["until"]:
            self.add_error("until", NO_TIME)
        if self.kind == Activity.Kind.NOTE and "note" not in self.errors and not data["note"]:
            self.add_error("note", NO_WORDS)
        return data

    def clean_until(self) -> datetime | None:
        text = self.cleaned_data["until"]
        if not text:
            return None
        wall = next(filter(None, (_read(text, wanted) for wanted in FORMATS)), None)
        if wall is None:
            raise ValidationError(UNREADABLE)
        # First by the clock alone: the ends of the calendar have no moment in UTC.
        ahead = wall - timezone.localtime(self.now).replace(tzinfo=None)
        if ahead > LONGEST_WAIT + timedelta(days=1):
            raise ValidationError(TOO_FAR)
        if ahead < -timedelta(days=1) or (until := local_moment(wall)) <= self.now:
            raise ValidationError(PASSED)
        if not can_come_back(until, now=self.now):
            raise ValidationError(TOO_FAR)
        return until


class PhoneForm(forms.Form):
    """A number that can be dialed, in place of what cannot."""

    phone = PlainText(
        label="The right number, with its area code",
        max_length=PHONE_MAX_LENGTH,
        help_text="What they typed stays on record.",
        error_messages={"required": ENTER_PHONE, "max_length": ENTER_PHONE},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    use_required_attribute = False

    def __init__(self, *args, current: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.current = current

    def clean_phone(self) -> str:
        phone = dialable(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError(ENTER_PHONE)
        if phone == self.current:
            raise ValidationError("This is the number that is already there")
        return phone


class FindForm(forms.Form):
    """A reference, or a whole phone number or e-mail address. It is posted, so that no address holds it."""

    term = PlainText(
        label="Find a request",
        max_length=254,
        help_text="A reference, a whole phone number, or a whole e-mail address",
        error_messages={"required": "Enter what to look for"},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )

    use_required_attribute = False


def _in_field(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def _read(text: str, wanted: str) -> datetime | None:
    try:
        return datetime.strptime(text, wanted)  # noqa: DTZ007 -- what the clock on the wall shows
    except ValueError:
        return None
