"""Passwords that are on nobody's list and would still be guessed first."""

import gzip
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

MOST = 1000  # characters; more is no safer, and each costs time to hash
FEWEST_DIFFERENT = 6
LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")
# What everybody who knows this site would try.
OUR_WORDS = ["clinic", "ketamine", "wellness", "southern", "birmingham", "auburn", "alabama", "infusion", "welcome"]
# The 5,000 most frequent of 12 characters and more in Mark Burnett's list of ten million leaked passwords,
# which he released to the public domain (xato.net, February 2015); in small letters.
LEAKED = Path(__file__).parent / "leaked_passwords.txt.gz"
ROWS = ["abcdefghijklmnopqrstuvwxyz" * 2, "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm"]


class GuessablePasswordValidator:
    """Refuses leaked passwords, a common one in disguise, one made of the clinic's own words, runs and repetitions.

    Nothing is asked of the network.
    """

    def validate(self, password: str, user=None) -> None:
        """Raise ValidationError with the reason."""
        if len(password) > MOST:
            raise ValidationError(f"Choose a password of at most {MOST} characters.")
        if password.lower() in _leaked():
            raise ValidationError("Many people have used this one, and it is on lists. Choose another.")
        if len(set(password)) < FEWEST_DIFFERENT or re.fullmatch(r"(.{1,6})\1+.?", password):
            raise ValidationError("This repeats itself. Choose one with more different characters.")
        if any(password.lower() in row or password.lower() in row[::-1] for row in ROWS):
            raise ValidationError("This is a row of keys. Choose one that is not.")
        # Without what was put before and after it; as it reads with letters in place of figures, too.
        core = re.sub(r"^[^a-z]+|[^a-z]+$", "", password.lower())
        if any(_is_guessable(re.sub(r"[^a-z]", "", word)) for word in (core, core.translate(LOOKS_LIKE))):
            raise ValidationError("This is a common word with something added. Several unlike words are safer.")

    def get_help_text(self) -> str:
        return "Four or more unlike words are safe and easy to remember. Spaces are fine."


def _is_guessable(letters: str) -> bool:
    return letters in _common() or _is_made_of(letters, _our_words())


def _is_made_of(letters: str, words: list[str]) -> bool:
    """Whether `letters` are some of `words`, one after the other.

    Not a regular expression: where one word is made of two others, as a name of the site may be, its
    time would double with each repetition.
    """
    ends = {0}
    for start in range(len(letters)):
        if start in ends:
            ends |= {start + len(word) for word in words if letters.startswith(word, start)}
    return bool(letters) and len(letters) in ends


@lru_cache(maxsize=1)
def _leaked() -> set[str]:
    return set(gzip.decompress(LEAKED.read_bytes()).decode().split("\n"))


@lru_cache(maxsize=1)
def _common() -> set[str]:
    return {word for word in CommonPasswordValidator().passwords if len(word) > 3}


def _our_words() -> list[str]:
    host = [part for part in (settings.SITE_HOST or "").split(".") if part.isalpha() and len(part) > 3]
    return [*OUR_WORDS, *host]
