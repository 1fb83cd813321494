"""The gate before every page of the staff: no road of the admin goes round it."""

from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from . import standing

# Open however the session stands: leaving, and the ways to prove who one is.
ALWAYS = {
    "admin:logout",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}
# Open to who has no second step yet and must set one up.
SET_UP = {"mfa_index", "mfa_list_webauthn", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes"}
# What asks for a proof of the last 15 minutes.
SENSITIVE = {
    "admin:consults_export",
    "admin:consults_people_download",
    "admin:consults_people_erase",
    "admin:auth_user_add",
    "admin:auth_user_change",
    "admin:auth_user_delete",
    "admin:auth_user_password_change",
    "admin:auth_user_second_step",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}
SENSITIVE_TO_POST = {"admin:auth_user_changelist", "admin:locations_clinician_change"}
LOOKS = ("GET", "HEAD")


class SignInMiddleware:
    """Let a signed-in person on when their session stands as it must, else lead them to what is missing."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        is_ours = "admin" in match.namespaces or (match.url_name or "").startswith(("account_", "mfa_"))
        # Readers' pages never ask for the session.
        if not is_ours or not request.user.is_authenticated:
            return None
        now = timezone.now()
        stands = standing.standing_of(request, now=now)
        if stands.has_ended:
            logout(request)
            return redirect_to_login(request.get_full_path()) if "admin" in match.namespaces else None
        return _what_is_missing(request, match.view_name, stands) or standing.see(request, now=now)


def _what_is_missing(request, name: str, stands: standing.Standing):
    """Return the answer that leads to what must come first; None when nothing is missing."""
    if name in ALWAYS:
        return None
    if stands.is_locked:
        return _ask_again(request)
    if stands.must_change_password:
        return None if name == "account_first_password" else HttpResponseRedirect(reverse("account_first_password"))
    if settings.REQUIRE_SECOND_STEP and not stands.took_second_step:
        if standing.has_second_step(request.user):
            return _ask_again(request)
        if name not in SET_UP:
            return HttpResponseRedirect(reverse("mfa_index"))
    is_sensitive = name in SENSITIVE or (name in SENSITIVE_TO_POST and request.method not in LOOKS)
    return _ask_again(request) if is_sensitive and not stands.is_fresh else None


def _ask_again(request):
    """Ask who it is before anything else. What was posted comes back as a form to send once more."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        logout(request)
        return redirect_to_login(request.get_full_path())
    url = methods[0]["url"]
    if request.method in LOOKS:
        return HttpResponseRedirect(f"{url}?{urlencode({'next': request.get_full_path()})}")
    kept = [
        (field, value)
        for field, values in request.POST.lists()
        if field != "csrfmiddlewaretoken" and "password" not in field
        for value in values
    ]
    again = f"{url}?{urlencode({'next': reverse('admin:index')})}"
    context = {"kept": kept, "again_url": again, "has_files": bool(request.FILES)}
    response = render(request, "account/kept.html", context, status=403)
    response.headers["Cache-Control"] = "no-store"
    return response
