"""Words as the search compares them, and what a reader typed as a query."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..html import CONTROL_CHARACTERS

# Letters and digits; an apostrophe inside belongs to the word: don't, ketamine’s.
WORD = re.compile(r"[^\W_]+(?:['’ʼ‘`´][^\W_]+)*")
MOST_CHARACTERS = 200
MOST_WORDS = 12
LONGEST_WORD = 40
# Far beyond any article; PostgreSQL refuses a text that is longer than a megabyte.
MOST_WORDS_OF_A_TEXT = 20_000

# Asked for only when a query has no other word: they stand on every page and tell none apart.
COMMON = frozenset(
    "a about am an and any are as at be been but by can could did do does for from get had has have how i if in is it"  # noqa: SIM905
    " its me my not of on or our should so than that the their them then there they this to us was we were what when"
    " where which who why will with would you your".split()
)


@dataclass(frozen=True)
class Query:
    """What somebody typed: `text` to show again, `words` to look for, `is_cut` when part of it was too much."""

    text: str
    words: tuple[str, ...]
    is_cut: bool = False

    @property
    def telling_words(self) -> tuple[str, ...]:
        """The words that tell pages apart; all of them when there are no others."""
        return tuple(word for word in self.words if word not in COMMON) or self.words

    def with_words(self, replacements: dict[str, str]) -> "Query":
        """Return the query in which each folded word that `replacements` names reads otherwise."""
        return read_query(WORD.sub(lambda match: replacements.get(fold(match[0]), match[0]), self.text))


def read_query(typed: str) -> Query:
    """Return a query of at most 200 characters and 12 different words. Any text will do."""
    typed = CONTROL_CHARACTERS.sub("", unicodedata.normalize("NFC", typed[: 10 * MOST_CHARACTERS].replace("\0", " ")))
    text = " ".join(typed.split())
    words = list(dict.fromkeys(fold(match[0]) for match in WORD.finditer(text[:MOST_CHARACTERS])))
    is_cut = len(text) > MOST_CHARACTERS or len(words) > MOST_WORDS
    return Query(text[:MOST_CHARACTERS].strip(), tuple(words[:MOST_WORDS]), is_cut)


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Return one word without case, accents and apostrophes: “Élan’s” and “elans” are the same.

    Only letters and digits are left, so the result can stand in any query. It is never empty.
    """
    if not word.isascii():
        word = unicodedata.normalize("NFKD", word)
    return "".join(filter(str.isalnum, word.casefold()))[:LONGEST_WORD] or "0"


def folded_words(text: str) -> Iterator[str]:
    """Yield the words of `text` folded, one for each match of WORD."""
    for match in WORD.finditer(text):
        yield fold(match[0])
