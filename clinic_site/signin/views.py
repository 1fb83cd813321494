"""The pages of signing in that allauth has otherwise or not at all."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.views import PasswordResetView
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import FormView

from . import audit, standing, tries
from .forms import FirstPasswordForm
from .mails import queue_change

RESETS_FROM_ONE_PLACE = 10
RESETS_FOR_ONE_ADDRESS = 3
TOO_MANY_RESETS = "Too many links were asked for from here. Wait 15 minutes, then try again."


@method_decorator(login_required, name="dispatch")
class FirstPasswordView(FormView):
    """Somebody chooses a password in place of the one that a manager or a command gave them."""

    form_class = FirstPasswordForm
    template_name = "account/first_password.html"
    success_url = reverse_lazy("admin:index")

    def dispatch(self, request, *args, **kwargs):
        # Without the old password: only right after signing in with it.
        if not standing.standing_of(request, now=timezone.now()).must_change_password:
            return HttpResponseRedirect(reverse("admin:password_change"))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "user": self.request.user}

    @transaction.atomic
    def form_valid(self, form) -> HttpResponse:
        get_adapter().set_password(form.user, form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, form.user)
        queue_change(user=form.user, change="account/email/password_changed", now=timezone.now())
        return super().form_valid(form)


class ResetView(PasswordResetView):
    """A link for a new password by mail. What it answers tells nothing of who has an account."""

    @transaction.atomic
    def form_valid(self, form) -> HttpResponse:
        now, place = timezone.now(), tries.place_of(self.request)
        if not tries.take(tries.key_of("reset", place), now=now, most=RESETS_FROM_ONE_PLACE):
            form.add_error(None, TOO_MANY_RESETS)
            return render(self.request, self.template_name, {"form": form}, status=429)
        address = tries.key_of("reset for", form.cleaned_data["email"].casefold())
        may_send = tries.take(address, now=now, most=RESETS_FOR_ONE_ADDRESS, pause=timedelta(hours=1))
        user_id = form.users[0].pk if form.users else None
        audit.note_stranger("password-reset-asked", user_id=user_id, place=place, now=now)
        if may_send:
            form.save(self.request)
        return HttpResponseRedirect(self.get_success_url())


class OverviewView(IndexView):
    """How somebody signs in: what is set up, and what could be."""

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        kept = context["authenticators"]
        codes = kept.get(Authenticator.Type.RECOVERY_CODES)
        return {
            **context,
            "app": kept.get(Authenticator.Type.TOTP),
            "passkeys": kept.get(Authenticator.Type.WEBAUTHN, []),
            "codes": codes,
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
            "is_required": settings.REQUIRE_SECOND_STEP,
        }


class AddAppView(ActivateTOTPView):
    """Adding an authenticator app: a picture to scan, and the same as text in groups of four."""

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return {**context, "groups": [secret[start : start + 4] for start in range(0, len(secret), 4)]}


class PasskeySignInView(LoginWebAuthnView):
    """Signing in with a passkey alone."""

    def form_invalid(self, form) -> HttpResponse:
        audit.note_stranger("sign-in-refused", user_id=None, place=tries.place_of(self.request), now=timezone.now())
        return super().form_invalid(form)


@login_required
def passkeys(request) -> HttpResponse:
    """allauth's own list of passkeys, which is a part of the overview here."""
    return HttpResponseRedirect(reverse("mfa_index"))
