"""What a text must not say, and where it must name its source.

The words are rows that the clinic can change (models.rules); they are handed in, nothing here
asks the database.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .citations import MARK, strip_citations
from .plain_text import paragraphs, plain_text
from .readability import sentences

# Numbers that are no claims: telephone numbers, the crisis lines, the age in a crisis text.
NO_CLAIM = re.compile(
    r"1-800-\S+|\(?\d{3}\)?[ -]\d{3}-\d{4}|\b988(?:lifeline\.org)?\b|\b911\b|\b838255\b|\bpress 1\b"
    r"|\b18\b years or older",
    re.IGNORECASE,
)
# How each sign of an entry is found in a text; everything else stands for itself.
SIGNS = {"*": r"\w*", " ": r"[-‐‑\s]+", "-": r"[-‐‑\s]*", "'": "['’]", "’": "['’]"}


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of a listed word: as it stands in the text, in which sentence, and the entry that found it."""

    text: str
    sentence: str
    entry: str


def uses_of(entries: Iterable[str], html: str) -> list[Use]:
    """Return each use of `entries` in `html`, which may be plain text, in order.

    An entry is a word or phrase as ForbiddenWord describes it. Where two overlap, the longer wins.
    """
    entries = sorted(entries, key=lambda entry: (-len(entry), entry))
    if not entries:
        return []
    text = plain_text(html)
    return [
        Use(text=match[0], sentence=sentence_around(text, match.start()), entry=entries[match.lastindex - 1])
        for match in _any_of(tuple(entries)).finditer(text)
    ]


def paragraphs_lacking_citation(html: str, *, claim_words: Iterable[str]) -> list[str]:
    """Return the words of each paragraph, item or cell that makes a claim and cites nothing.

    A claim is a figure, a percent sign or one of `claim_words`. Headings are left out: they
    announce what follows. Text outside any tag counts as one paragraph.
    """
    claim_words = tuple(claim_words)
    return [plain_text(text) for text in paragraphs(html) if lacks_citation(text, claim_words=claim_words)]


def lacks_citation(text: str, *, claim_words: Iterable[str]) -> bool:
    """True when one paragraph of plain text or HTML makes a claim and cites nothing."""
    if MARK.search(text):
        return False
    claims = NO_CLAIM.sub("", plain_text(strip_citations(text)))
    claim_words = tuple(claim_words)
    return bool(re.search(r"\d|%", claims)) or bool(claim_words and _any_of(claim_words).search(claims))


def sentence_around(text: str, position: int) -> str:
    """Return the sentence of plain `text` in which `position` lies."""
    ends, found = _ends_of_sentences(text)
    place = bisect_right(ends, position)
    return found[place] if place < len(found) else text


@lru_cache(maxsize=2)  # asked for each use of a word in one text
def _ends_of_sentences(text: str) -> tuple[list[int], list[str]]:
    ends, found, end = [], sentences(text), 0
    for sentence in found:
        end = text.index(sentence, end) + len(sentence)
        ends.append(end)
    return ends, found


@lru_cache(maxsize=16)
def _any_of(entries: tuple[str, ...]) -> re.Pattern:
    """A pattern with one group for each entry, in order."""
    found = "|".join(f"({''.join(SIGNS.get(sign) or re.escape(sign) for sign in entry)})" for entry in entries)
    return re.compile(rf"\b(?:{found})\b", re.IGNORECASE)
