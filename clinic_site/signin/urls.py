"""The addresses of signing in, below the admin's own. Of allauth's many only those that staff need are here."""

from collections.abc import Callable

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from csp.decorators import csp_replace
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from . import passkeys, views


def _page(view: Callable) -> Callable:
    """Wrap a view: kept by nobody, found by no search, and a picture may be part of the page itself."""

    @never_cache
    @csp_replace({"img-src": ["'self'", "data:"]})
    def wrapped(request, *args, **kwargs):
        request.passkeys_work = passkeys.work_at(request)
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


ADDRESSES = {
    "login/": (account.login, "account_login"),
    "login/passkey/": (views.PasskeySignInView.as_view(), "mfa_login_webauthn"),
    "login/code/": (mfa.authenticate, "mfa_authenticate"),
    "again/": (account.reauthenticate, "account_reauthenticate"),
    "again/code/": (mfa.reauthenticate, "mfa_reauthenticate"),
    "again/passkey/": (webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    "password/first/": (views.FirstPasswordView.as_view(), "account_first_password"),
    "password/reset/": (views.ResetView.as_view(), "account_reset_password"),
    "password/reset/sent/": (account.password_reset_done, "account_reset_password_done"),
    "password/reset/done/": (account.password_reset_from_key_done, "account_reset_password_from_key_done"),
    "sign-in/": (views.OverviewView.as_view(), "mfa_index"),
    "sign-in/app/add/": (views.AddAppView.as_view(), "mfa_activate_totp"),
    "sign-in/app/remove/": (totp.deactivate_totp, "mfa_deactivate_totp"),
    "sign-in/codes/": (codes.view_recovery_codes, "mfa_view_recovery_codes"),
    "sign-in/codes/new/": (codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    "sign-in/passkeys/": (views.passkeys, "mfa_list_webauthn"),
    "sign-in/passkeys/add/": (webauthn.add_webauthn, "mfa_add_webauthn"),
    "sign-in/passkeys/<int:pk>/remove/": (webauthn.remove_webauthn, "mfa_remove_webauthn"),
}

urlpatterns = [
    *(path(route, _page(view), name=name) for route, (view, name) in ADDRESSES.items()),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-\w]+)/$",
        _page(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
]
