"""Devices on which an account has signed in before: a signed cookie of staff, which opens nothing.

It only keeps the tries of an account's own devices apart from everybody else's.
"""

import secrets

from django.conf import settings
from django.core import signing

SALT = "signin.device"
KNOWN_FOR = 365 * 24 * 3600  # seconds
MOST_ACCOUNTS = 20


def cookie_name() -> str:
    return "__Host-device" if settings.SITE_IS_SECURE else "device"


def device_of(request, *, user_id: int | None) -> str:
    """Return the id of the device when `user_id` has signed in on it, else ''."""
    device, accounts = _read(request)
    return device if user_id is not None and user_id in accounts else ""


def remember(request, response, *, user_id: int) -> None:
    """Have the browser say from now on that `user_id` has signed in on it."""
    device, accounts = _read(request)
    accounts = [user_id, *(known for known in accounts if known != user_id)][:MOST_ACCOUNTS]
    response.set_cookie(
        cookie_name(),
        signing.dumps([device or secrets.token_hex(8), accounts], salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.SITE_IS_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request) -> tuple[str, list[int]]:
    try:
        device, accounts = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return "", []
    return device, accounts
