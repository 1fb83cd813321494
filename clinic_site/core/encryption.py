"""Personal data at rest: encrypted fields, and keyed hashes to find a row again.

Encryption is cryptography's MultiFernet: the first key of FIELD_KEYS writes, every key reads.
An empty string stays an empty string, so that "nothing was given" needs no key to be seen.
"""

import functools
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class UnreadableValue(Exception):
    """A stored value cannot be decrypted with any key of FIELD_KEYS."""


@functools.lru_cache(maxsize=4)
def _cipher_for(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured("FIELD_KEYS must be a comma-separated list of Fernet keys") from error


def _cipher() -> MultiFernet:
    return _cipher_for(tuple(settings.FIELD_KEYS))


def encrypt(text: str) -> str:
    """Return `text` encrypted with the first key; an empty string stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Return the text behind `token`.

    Raises UnreadableValue when no key opens it: a wrong key must be noticed at once.
    """
    if not token:
        return ""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken:
        raise UnreadableValue("No key of FIELD_KEYS opens this value") from None


def is_under_first_key(token: str) -> bool:
    """Return whether the first key of FIELD_KEYS alone opens `token`; True for an empty value."""
    try:
        return not token or bool(_cipher_for(tuple(settings.FIELD_KEYS[:1])).decrypt(token.encode()))
    except InvalidToken:
        return False


def lookup_hash(value: str, *, purpose: str) -> str:
    """Return a keyed hash of `value` (64 hex digits), or '' for an empty value.

    `purpose` keeps the hashes of different columns apart: the same text in two columns
    gives two hashes, so that nobody can join them.
    """
    if not value:
        return ""
    message = f"{purpose}\0{value}".encode()
    return hmac.new(settings.LOOKUP_KEY.encode(), message, hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """A text column whose content only the application can read.

    It cannot be searched or sorted by the database: keep a `lookup_hash` beside it for that.
    """

    def from_db_value(self, value, expression, connection):
        return value if value is None else decrypt(value)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value is None else encrypt(value)

    def get_lookup(self, lookup_name):
        if lookup_name not in {"isnull"}:
            raise TypeError(f"{self.name} is encrypted: search by its hash instead")
        return super().get_lookup(lookup_name)
