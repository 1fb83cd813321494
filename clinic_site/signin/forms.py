"""The forms of signing in: allauth's, with our words and our counting of tries."""

from datetime import timedelta

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.account.forms import ResetPasswordForm as AllauthResetForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetKeyForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from . import audit, tries
from .adapter import LOCKED
from .passwords import MOST

GOOD_PASSWORD = "At least 12 characters. Several unlike words are safe and easy to remember; spaces are fine."  # noqa: S105
SAME = "This is the password you had. Choose another."


def _plain(field, *, label: str = "", help_text: str | None = None, **attrs) -> None:
    """Give a field of allauth's our words, and no text inside the box."""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)
    field.label = label or field.label
    if help_text is not None:
        field.help_text = help_text


class SignInForm(LoginForm):
    """Username and password."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["login"], label="Username", id="id_username", autocapitalize="none", spellcheck="false")
        _plain(self.fields["password"], help_text="")
        self.fields["password"].max_length = MOST
        self.fields["password"].widget.attrs["maxlength"] = MOST


class PasswordAgainForm(ReauthenticateForm):
    """The password once more, before something that matters."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["password"], help_text="", maxlength=MOST)


class ResetForm(AllauthResetForm):
    """Whom to mail a link to."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["email"], label="E-mail address")


class ResetKeyForm(AllauthResetKeyForm):
    """A new password by a mailed link."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["password1"], label="New password", help_text=GOOD_PASSWORD)
        _plain(self.fields["password2"], label="The same once more", help_text="")


class FirstPasswordForm(SetPasswordForm):
    """A password of one's own in place of the one that was given."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["new_password1"], label="New password", help_text=GOOD_PASSWORD)
        _plain(self.fields["new_password2"], label="The same once more", help_text="")

    def clean_new_password1(self) -> str:
        return _another(self, "new_password1")


class OwnPasswordForm(PasswordChangeForm):
    """Changing one's own password. Whoever finds an open session has five tries at the old one."""

    def clean_old_password(self) -> str:
        now = timezone.now()
        key = tries.key_of("old password", self.user.pk)
        if not tries.take(key, now=now):
            raise ValidationError(LOCKED)
        password = super().clean_old_password()
        tries.forget(key)
        return password

    def clean_new_password1(self) -> str:
        return _another(self, "new_password1")


def _another(form, name: str) -> str:
    password = form.cleaned_data[name]
    if form.user.check_password(password):
        raise ValidationError(SAME)
    return password


class CodeMixin:
    """A code of the authenticator app or a recovery code: five tries, and each code once, whoever else asks."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["code"], label="Code", inputmode="numeric", autofocus=True, maxlength=40)

    def take_try(self) -> str:
        """Take one try and return its key. Raises ValidationError when none is left.

        Somebody who knows the password and comes from many addresses must not have as many tries: all
        devices that are not the account's own share five.
        """
        now, request = timezone.now(), context.request
        place = tries.place_of(request, user_id=self.user.pk)
        key = tries.key_of("code", self.user.pk, place if place.startswith("device") else "elsewhere")
        if not tries.take(key, now=now):
            if tries.is_first_refusal(key):
                audit.note_stranger("second-step-locked", user_id=self.user.pk, place=place, now=now)
            raise ValidationError(LOCKED)
        return key

    def use_up(self, code: str) -> bool:
        """Take the one use of a code of the authenticator app; False when it was used before."""
        window = timedelta(seconds=settings.MFA_TOTP_PERIOD * (2 * settings.MFA_TOTP_TOLERANCE + 1))
        key = tries.key_of("used code", self.user.pk, code)
        return tries.take(key, now=timezone.now(), most=1, pause=window)


class SecondStepMixin(CodeMixin):
    """What the second step of signing in and proving it again share."""

    def clean_code(self) -> str:
        key, code = self.take_try(), "".join(self.cleaned_data["code"].split()).replace("-", "")
        kinds = mfa_forms.Authenticator.Type
        kept = {row.type: row for row in mfa_forms.Authenticator.objects.filter(user=self.user)}
        for kind in (kinds.TOTP, kinds.RECOVERY_CODES):
            row = kept.get(kind)
            if row and row.wrap().validate_code(code) and (kind != kinds.TOTP or self.use_up(code)):
                tries.forget(key)
                row = mfa_forms.Authenticator.objects.get(pk=row.pk)
                row.user = self.user
                self.authenticator = row
                return code
        if kept:
            self._emit_authentication_failed(next(iter(kept.values())))
        raise get_adapter().validation_error("incorrect_code")


class SecondStepForm(SecondStepMixin, mfa_forms.AuthenticateForm):
    pass


class SecondStepAgainForm(SecondStepMixin, mfa_forms.ReauthenticateForm):
    pass


class AddAppForm(CodeMixin, ActivateTOTPForm):
    """The first code of a new authenticator app, which shows that it works."""

    def clean_code(self) -> str:
        key = self.take_try()
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        code = super().clean_code()
        if not self.use_up(code):
            raise get_adapter().validation_error("incorrect_code")
        tries.forget(key)
        return code
