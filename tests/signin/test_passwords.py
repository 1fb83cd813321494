"""Which passwords are good: long ones, with spaces, pasted; and which are guessed first."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from clinic_site.signin import passwords
from clinic_site.signin.passwords import GuessablePasswordValidator

GOOD = [
    "seven-green-kettles-sing",
    "correct horse battery staple",
    "   spaces at both ends   ",
    "Ünïcödé wörds äre fïne",
    "ketamine is never my only word",
    "k" * 2 + "fj39 dk20 slwq " * 8,
    "x9$Lq2!vB7@n",
    "736492018475",
    "w" * 3 + "aeiou-" * 10 + "zz",
]
BAD = [
    "short",
    "elevenchars",
    "password1234",
    "Password2026!",
    "P@ssw0rd2026",
    "!!!letmein!!!",
    "aaaaaaaaaaaa",
    "abcabcabcabc",
    "ab12ab12ab12ab",
    "123456789012",
    "210987654321",
    "qwertyuiopas",
    "abcdefghijklm",
    "Ketamine2026!",
    "ketamineketamine",
    "SouthernKetamine1",
    "Wellness.2026",
    "clinic-clinic-clinic",
    "GreenLantern",
    "1234567890qwe",
    "sanfrancisco",
    "y" * 1001,
]


class TestPasswords(SimpleTestCase):
    def test_good_ones_are_taken(self):
        for password in GOOD:
            validate_password(password)

    def test_bad_ones_are_refused(self):
        taken = []
        for password in BAD:
            try:
                validate_password(password)
            except ValidationError as error:
                assert error.messages  # noqa: PT017
            else:
                taken.append(password)
        assert taken == []


@given(st.text(max_size=1200))
def test_any_text_is_judged_without_a_fault(password):
    try:
        GuessablePasswordValidator().validate(password)
    except ValidationError as error:
        assert error.messages  # noqa: PT017


def test_the_words_say_what_to_do_instead():
    with pytest.raises(ValidationError, match="Several unlike words are safer"):
        GuessablePasswordValidator().validate("Password2026!")


def test_thousands_of_leaked_ones_that_are_long_enough_are_refused():
    leaked = passwords._leaked() - {""}
    assert len(leaked) > 4_900
    assert all(len(word) >= 12 for word in leaked)
    for word in sorted(leaked)[::97]:
        with pytest.raises(ValidationError):
            validate_password(word.upper())
