"""How hard a text is to read: its sentences, and the school grade that can follow it."""

import re
from collections.abc import Iterable

# A full stop after these, or after a single capital letter, ends no sentence.
ABBREVIATIONS = "Dr Mr Mrs Ms St vs No Fig al etc eg ie approx dept inc"
NO_END = re.compile(rf"(?:\b(?:{'|'.join(ABBREVIATIONS.split())})|\b[A-Z]|\b[a-z]\.[a-z])\.$", re.IGNORECASE)
LAST_LETTERS = 12  # more than the longest of them
END = re.compile(r"(?<=[.!?])[”’\"')\]]*\s+(?=[“‘\"'(\[]*[A-Z0-9])")

VOWELS = re.compile(r"[aeiouy]+")
# An e that is not heard: take, whole; worked, but not wanted; takes, but not changes. Heard: table.
SILENT_END = re.compile(
    r"(?<=[^aeiouy])(?<![^aeiouy]l)e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouysxzcg])(?<![sc]h)(?<![^aeiouy]l)es$"
)
# Two vowels side by side that are both heard: trial, anxiety, create, area, video, fluid, suicide, usual, being.
HEARD_APART = re.compile(
    r"(?<![tscxg])i[ao]|iet(?!n)|crea|react|(?<=r)eas?$|(?<!p)eo(?!u)|flui|suic|(?<![qg])ua|[iu]um|[eoy]ing$"
)
WORD = re.compile(r"[^\W_](?:[\w’'.,-]*[^\W_])?")


def sentences(text: str) -> list[str]:
    """Return the sentences of one paragraph of plain text. One without an end mark is a sentence too."""
    found: list[str] = []
    start = 0
    for gap in END.finditer(text):
        # The last letters tell. A whole piece that never ends would be gone through at each of its full stops.
        if NO_END.search(text, max(start, gap.start() - LAST_LETTERS), gap.start()):
            continue
        found.append(text[start : gap.end()].strip())
        start = gap.end()
    return [*found, last] if (last := text[start:].strip()) else found


def count_words(sentence: str) -> int:
    """Return how many words `sentence` has; figures count, signs on their own do not."""
    return len(WORD.findall(sentence))


def count_syllables(word: str) -> int:
    """Return about how many syllables an English word has. A figure counts as one."""
    letters = re.sub("['’]", "", word.casefold())
    return sum(map(_syllables, re.findall("[a-z]+", letters))) or 1


def _syllables(part: str) -> int:
    vowels = len(VOWELS.findall(part)) + len(HEARD_APART.findall(part))
    return max(1, vowels - bool(SILENT_END.search(part)))


def reading_grade(paragraphs: Iterable[str]) -> float | None:
    """Return the Flesch-Kincaid grade of plain paragraphs: the school year that reads them with ease.

    None when there are no words. Counting syllables by rule is inexact: take it as ± 1 grade.
    """
    all_sentences = [sentence for paragraph in paragraphs for sentence in sentences(paragraph)]
    words = [word for sentence in all_sentences for word in WORD.findall(sentence)]
    if not words:
        return None
    syllables = sum(map(count_syllables, words))
    return 0.39 * len(words) / len(all_sentences) + 11.8 * syllables / len(words) - 15.59
