"""The forms of staff accounts: a name, what the person may do, and where."""

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.utils.html import format_html

from locations.models import Location

from .roles import IN_WORDS
from .staff import roles_to_give

USERNAME_HELP = "What they sign in with. Letters, digits and @ . + - _ only."
NOT_YOUR_OWN = "Somebody else changes this for you."
STRONG = "At least 12 characters, nothing like the name, no common word. Spaces are fine."


class RolesMixin(forms.ModelForm):
    """The roles that the person who is signed in may give, and the clinics of the front desk.

    The admin makes a class of its own for each request and sets `by` to who is signed in.
    """

    by: User

    roles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Several can be given. Without any, the person can sign in and read the guide, and nothing else.",
    )
    clinics = forms.ModelMultipleChoiceField(
        Location.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For the front desk: whose requests they see. Without any, only those of people who were not sure.",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = USERNAME_HELP
        self.fields["roles"].choices = [
            (role, format_html("<strong>{}</strong>: {}", role, IN_WORDS[role])) for role in roles_to_give(self.by)
        ]
        self.fields["clinics"].queryset = Location.objects.order_by("-is_active", "position", "name")


class AddAccountForm(RolesMixin, UserCreationForm):
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ["username"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "password1"
        ].help_text = (
            f"{STRONG} Tell it to the person yourself. At their first sign-in they are asked to choose their own."
        )
        # The browser must not offer to fill in or keep the manager's own name.
        self.fields["username"].widget.attrs["autocomplete"] = "off"


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody's account. Who may no longer sign in is switched off instead."""

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        for name in ("password1", "password2"):
            self.fields[name].required = True
        self.fields["password1"].help_text = STRONG


class AccountForm(RolesMixin):
    """An account. Nobody changes their own roles and clinics, or switches themselves off."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active"]
        labels = {"is_active": "May sign in", "email": "E-mail address"}
        help_texts = {
            "email": "Where a link goes when they forget their password. Without one, a manager sets a new password.",
            "is_active": "Switch this off when somebody leaves: it ends their sessions at once, and everything they "
            "did stays on record with their name.",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        held = set(self.instance.groups.values_list("name", flat=True))
        self.initial["roles"] = [role for role, _ in self.fields["roles"].choices if role in held]
        self.initial["clinics"] = list(self.instance.desk_clinics.values_list("pk", flat=True))
        if self.instance == self.by:
            for name in ("roles", "clinics", "is_active"):
                self.fields[name].disabled = True
                self.fields[name].help_text = NOT_YOUR_OWN
