"""What allauth asks of a site: the same for every account, known or not, and every step noted."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.client_address import address_of
from clinic_site.core.encryption import decrypt, encrypt
from clinic_site.core.models import ClinicIdentity

from . import audit, devices, mails, standing, tries

WRONG = "That username and password do not belong together. Capital letters count."
LOCKED = "Too many wrong tries. Wait 15 minutes, then try again. Your other devices are not affected."
WRONG_CODE = "That is not the right code, or it was used before. Wait for the next one and try again."


class StaffAdapter(DefaultAccountAdapter):
    """Accounts of the staff: made by managers, never by oneself."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "incorrect_password": "That is not your password. Capital letters count.",
        "too_many_login_attempts": LOCKED,
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def get_client_ip(self, request) -> str:
        return address_of(request)

    # Signing in ------------------------------------------------------------------------------

    def authenticate(self, request, **credentials) -> User | None:
        """Return whose username and password these are; None when they are nobody's.

        The answer, and the work for it, is the same for an unknown name, an account that is switched
        off and a wrong password. Raises ValidationError when this place has used up its tries.
        """
        now, name = timezone.now(), credentials.get("username", "")
        user_id = User.objects.filter(username=name).values_list("pk", flat=True).first()
        place = tries.place_of(request, user_id=user_id)
        key = tries.key_of("password", name, place)
        if not tries.take(key, now=now):
            if tries.is_first_refusal(key):
                audit.note_stranger("sign-in-locked", user_id=user_id, place=place, now=now)
            raise self.validation_error("too_many_login_attempts")
        user = authenticate(request, username=name, password=credentials.get("password"))
        if user is None or not user.is_staff:
            audit.note_stranger("sign-in-refused", user_id=user_id, place=place, now=now)
            return None
        tries.forget(key)
        return user

    def pre_login(self, request, user, **kwargs):
        """Refuse whom a passkey names but who may not sign in. A password never comes this far for them."""
        if user.is_active and user.is_staff:
            return None
        place = tries.place_of(request)
        audit.note_stranger("sign-in-refused", user_id=user.pk, place=place, now=timezone.now())
        messages.error(request, "That passkey does not open an account any more. Ask a manager.")
        request.session.flush()
        return HttpResponseRedirect(reverse("account_login"))

    def post_login(self, request, user, **kwargs):
        """Note who came in and how, remember the device, and raise the alarm for the emergency account."""
        now = timezone.now()
        response = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user_id=user.pk)
        took = standing.standing_of(request, now=now).took_second_step
        audit.note("signed-in", user=user, now=now, second_step=took)
        if user.is_superuser:
            audit.note("break-glass", user=user, now=now)
            mails.queue_alarm(now=now)
        return response

    # Proving it again ------------------------------------------------------------------------

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """A sign-in of the last 15 minutes counts as proof, which allauth alone would not take."""
        return not standing.standing_of(self.request, now=timezone.now()).is_fresh

    def get_reauthentication_methods(self, user) -> list[dict]:
        """The ways to prove it; for who has a second step and has not shown it in this session, that alone."""
        methods = super().get_reauthentication_methods(user)
        if not user.is_authenticated or not standing.has_second_step(user):
            return methods
        stands = standing.standing_of(self.request, now=timezone.now())
        if stands.took_second_step and not stands.is_too_old:
            return methods
        return [method for method in methods if method["id"].startswith("mfa_")]

    # Passwords and mails ---------------------------------------------------------------------

    def set_password(self, user, password: str) -> None:
        """Set the password that somebody chose themselves."""
        super().set_password(user, password)
        now = timezone.now()
        standing.ask_for_new_password(user, must=False)
        audit.note("password-changed", user=user, now=now)

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, token = key.split("-", 1)
        return reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token})

    def send_password_reset_mail(self, user, email: str, context: dict) -> None:
        mails.queue_reset(user=user, path=context["password_reset_url"], now=timezone.now())

    def send_notification_mail(self, template_prefix: str, user, context=None, email=None) -> None:
        if template_prefix in mails.CHANGES:
            mails.queue_change(user=user, change=template_prefix, now=timezone.now())

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Every mail of ours has a sender of its own above. Raises NotImplementedError for any other."""
        raise NotImplementedError(template_prefix)


class SecondStepAdapter(DefaultMFAAdapter):
    """Second steps: their secrets lie encrypted like every personal field."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return ClinicIdentity.load().name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user) -> dict:
        # The account's number alone is asked for when a passkey signs in; its name is shown by the browser.
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.get_username()}

    def _get_user_identifier(self, user) -> str:
        return user.get_username()

    def generate_authenticator_name(self, user, type) -> str:
        return ""
