"""The lines of a hit, with the words that were found marked. Stored text is never trusted."""

import re
from bisect import bisect_left
from itertools import islice

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from .words import WORD

WORDS_OF_A_SNIPPET = 34
WORDS_BEFORE = 6
# “effect” and “effects” are one word when it comes to how many different ones are shown.
SAME_START = 4
# Where a heading or an item of a list ends without a stop of its own.
LINE_END = re.compile(r"(?<![.!?:,;])\n")
SENTENCE_END = re.compile(r"[.!?:][”\")]?\s|\n")


def marked(text: str, found: dict[int, str]) -> SafeString:
    """Return `text` as HTML with <mark> around the words at the places `found`.

    `found` gives the folded word at each place, counted in words from 0.
    """
    return _marked(text, list(WORD.finditer(text)), found, start=0, end=len(text))


def snippet(text: str, found: dict[int, str]) -> SafeString:
    """Return the stretch of `text` that shows most of what was found, as HTML with <mark>; `found` as in marked()."""
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
    return format_html("{}{}{}", "" if first == 0 else "… ", html, "" if is_end else " …")


def _best_start(found: dict[int, str]) -> int:
    """Return the place from which a snippet shows most different words, then most words, the earliest such place."""
    places = sorted(found)

    def shown_from(index: int) -> tuple[int, int]:
        shown = places[index : bisect_left(places, places[index] + WORDS_OF_A_SNIPPET - WORDS_BEFORE)]
        return len({found[place][:SAME_START] for place in shown}), len(shown)

    return places[max(range(len(places)), key=shown_from)] if places else 0


def _sentence_start(text: str, words: list, earliest: int, latest: int) -> int:
    """Return the last word between the two places that begins a sentence, else the earliest."""
    for place in range(min(latest, len(words) - 1), earliest - 1, -1):
        if place == 0 or SENTENCE_END.search(text[words[place - 1].end() : words[place].start()]):
            return place
    return min(earliest, len(words) - 1)


def _marked(text: str, words: list, found: dict[int, str], *, start: int, end: int) -> SafeString:
    pieces, at = [], start
    for place, word in enumerate(words):
        if place in found and start <= word.start() and word.end() <= end:
            pieces.append((LINE_END.sub(" · ", text[at : word.start()]), word[0]))
            at = word.end()
    rest = escape(LINE_END.sub(" · ", text[at:end]))
    return format_html_join("", "{}<mark>{}</mark>", pieces) + rest
