"""The lines of a hit, with the words that were found marked. Stored text is never trusted."""

import re
from bisect import bisect_left
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .words import WORD

WORDS_OF_A_SNIPPET = 34
WORDS_BEFORE = 6
# Where a heading or an item of a list ends without a stop of its own.
LINE_END = re.compile(r"(?<![.!?:,;])\n")
SENTENCE_END = re.compile(r"[.!?:][”\")]?\s|\n")


def marked(text: str, found: set[int]) -> SafeString:
    """Return `text` as HTML with the words at the places `found` (counted from 0) in <mark>."""
    return _marked(text, list(WORD.finditer(text)), found, start=0, end=len(text))


def snippet(text: str, found: set[int]) -> SafeString:
    """Return the stretch of `text` in which most different places of `found` lie, as HTML with marks."""
    first = _best_start(found)
    words = list(islice(WORD.finditer(text), first + WORDS_OF_A_SNIPPET + 1))
    if not words:
        return escape(text[:200])
    first = _sentence_start(text, words, max(0, first - WORDS_BEFORE), first)
    last = min(first + WORDS_OF_A_SNIPPET, len(words)) - 1
    is_end = last == len(words) - 1
    start = 0 if first == 0 else words[first].start()
    end = len(text) if is_end else words[last].end()
    html = _marked(text, words, found, start=start, end=end)
    html = LINE_END.sub(" · ", html)
    return mark_safe(f"{'' if first == 0 else '… '}{html}{'' if is_end else ' …'}")


def _best_start(found: set[int]) -> int:
    """Return the place from which a snippet shows most of what was found, the earliest such place."""
    places = sorted(found)
    counts = [bisect_left(places, place + WORDS_OF_A_SNIPPET) - index for index, place in enumerate(places)]
    return places[counts.index(max(counts))] if places else 0


def _sentence_start(text: str, words: list, earliest: int, latest: int) -> int:
    """Return the last word between the two places that begins a sentence, else the earliest."""
    for place in range(min(latest, len(words) - 1), earliest - 1, -1):
        if place == 0 or SENTENCE_END.search(text[words[place - 1].end() : words[place].start()]):
            return place
    return min(earliest, len(words) - 1)


def _marked(text: str, words: list, found: set[int], *, start: int, end: int) -> SafeString:
    html, at = [], start
    for place, word in enumerate(words):
        if place in found and start <= word.start() and word.end() <= end:
            html += [escape(text[at : word.start()]), mark_safe("<mark>"), escape(word[0]), mark_safe("</mark>")]
            at = word.end()
    return mark_safe("".join([*html, escape(text[at:end])]))
