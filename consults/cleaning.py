"""Turning what people type into what we store. Pure text in, text out."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

PHONE_MAX_LENGTH = 60
EXTENSION = re.compile(r"(?:extension|ext|x)\.?[\s:]*(?=\d)", re.IGNORECASE)
# "12345" typed for a number is a slip; a US number needs its area code.
ENTER_PHONE = "Enter a phone number with an area code"
ENTER_EMAIL = "Enter an email address in the correct format, like name@example.com"

_valid_email = EmailValidator(allowlist=[])


def one_line(text: str) -> str:
    """Return `text` on one line: control characters and line separators become single spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text).split())


def without_invisible(text: str) -> str:
    """Return `text` without zero-width and direction marks, which phones add when pasting."""
    return "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc"}).strip()


def clean_email(text: str) -> str:
    """Return a mail address we can write to; '' for ''. Raises ValidationError in plain words."""
    email = without_invisible(text).removeprefix("mailto:").strip()
    if not email:
        return ""
    if email.count("@") > 1:
        raise ValidationError("Enter one email address only")
    local, _, domain = email.partition("@")
    if len(local) > 64:
        raise ValidationError("The part before the @ is too long. Check the email address")
    if domain and "." not in domain:
        raise ValidationError("The part after the @ needs a dot, as in name@example.com")
    try:
        _valid_email(email)
    except ValidationError:
        raise ValidationError(ENTER_EMAIL) from None
    return email


def dialable(text: str) -> str:
    """Return the number in `text` as RFC 3966, with its extension; '' when it is no number.

    Numbers without a country code are read as American.
    """
    plain = unicodedata.normalize("NFKC", without_invisible(text))
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", plain).removeprefix("tel:")
    if re.search(r"[A-Za-z]", EXTENSION.sub("", plain)):
        return ""  # words, not a number spelled in letters
    try:
        number = phonenumbers.parse(plain, "US")
    except phonenumbers.NumberParseException:
        return ""
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966)
