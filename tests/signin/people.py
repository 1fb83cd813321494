"""People who sign in, with an authenticator app of their own."""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import User
from django.test import Client

from clinic_site.core.models import AuditEntry
from tests.factories.consults import PASSWORD

LOGIN, CODE, AGAIN = "/admin/account/login/", "/admin/account/login/code/", "/admin/account/again/"
SET_UP = "/admin/account/sign-in/"
NEW_PASSWORD = "eight-blue-kettles-hum"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows now, or so many seconds later."""
    step = int(time.time() + later) // 30
    return auth.format_hotp_value(auth.hotp_value(secret, step))


def wrong_code(secret: str = SECRET) -> str:
    """Six digits that the app of this secret shows neither now nor in the steps beside."""
    right = {code_of(secret, later=seconds) for seconds in (-30, 0, 30)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def add_app(user: User, *, secret: str = SECRET) -> User:
    auth.TOTP.activate(user, secret)
    return user


def add_codes(user: User) -> list[str]:
    return RecoveryCodes.activate(user).generate_codes()


def enter(client: Client, name: str, password: str = PASSWORD, *, address: str = "203.0.113.5", **more):
    """Post the sign-in form from an address."""
    return client.post(LOGIN, {"login": name, "password": password, **more}, REMOTE_ADDR=address)


def sign_in(user: User, *, client: Client | None = None, **more) -> Client:
    """Go the whole way: password, then a code."""
    client = client or Client()
    assert enter(client, user.username, **more).url.startswith(CODE)
    response = client.post(CODE, {"code": code_of()})
    assert response.status_code == 302, response.content.decode()
    return client


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def encrypted(text: str) -> str:
    return get_adapter().encrypt(text)
