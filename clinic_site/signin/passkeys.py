"""Passkeys: allauth's forms, which would answer 500 to an answer that no browser gives; and where passkeys work."""

import struct
from ipaddress import ip_address

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings

# What fido2 raises for bytes that are no passkey's, or whose signature is another's.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    InvalidSignature,
    LookupError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
    struct.error,
)


def work_at(request) -> bool:
    """True where a browser allows passkeys: https, or http on this very machine by its name, never by a number."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return settings.SITE_IS_SECURE or host == "localhost"
    return False


class CarefulMixin:
    """Refuses in words whatever cannot be read."""

    def clean_credential(self):
        try:
            return super().clean_credential()
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None


class SignInByPasskeyForm(CarefulMixin, LoginWebAuthnForm):
    pass


class PasskeyForm(CarefulMixin, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(CarefulMixin, ReauthenticateWebAuthnForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    def clean(self) -> dict:
        try:
            return super().clean()
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None
