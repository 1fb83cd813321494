"""Words of the index that look like what a reader typed: half a word, or one that nobody wrote."""

from difflib import SequenceMatcher, get_close_matches

from django.db.models.functions import Abs, Length

from ..models import SearchWord
from . import starts as starts  # registers the look-up

SHORTEST = 4
SHORTEST_START = 3
MOST_LONGER_WORDS = 20
MOST_COMPARED = 1_000
# 1 is the same word. Lets “katemine” and “cetamine” through, not “down” for “dont” or “waking” for “parking”.
LIKENESS, LIKENESS_OF_SHORT, LIKENESS_OF_OTHER_INITIAL = 0.75, 0.8, 0.85
SHORT = 6


def words_starting(start: str) -> list[str]:
    """Return the words of the index, the shortest ones first, of which the folded `start` is the beginning.

    A prefix in the index's own terms would not do: they are stems, so that “parking” would find Parkinson’s.
    """
    if len(start) < SHORTEST_START:
        return []
    longer = SearchWord.objects.filter(word__begins=start).exclude(word=start)
    return list(longer.order_by(Length("word"), "word").values_list("word", flat=True)[:MOST_LONGER_WORDS])


def similar_words(word: str) -> list[str]:
    """Return at most three words of the index that differ from the folded `word` by a letter or two, closest first.

    Looked for among the words that begin with the same two letters or end on the same three and are about as
    long: a thousand of either at most, so that no number of words makes readers wait.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return []
    # Two questions, each to an index; one with OR would be none to any.
    near = {*_as_long_as(word, word__begins=word[:2]), *_as_long_as(word, ending=word[-3:])}
    likeness = LIKENESS_OF_SHORT if len(word) <= SHORT else LIKENESS
    close = get_close_matches(word, near, n=3, cutoff=likeness)
    return [
        other
        for other in close
        if other[0] == word[0] or SequenceMatcher(None, other, word).ratio() >= LIKENESS_OF_OTHER_INITIAL
    ]


def _as_long_as(word: str, **like) -> list[str]:
    """Return those words that are `like` this and differ in length by two at most, the nearest in length first."""
    near = SearchWord.objects.filter(**like).annotate(differs=Abs(Length("word") - len(word))).filter(differs__lte=2)
    return list(near.order_by("differs", "word").values_list("word", flat=True)[:MOST_COMPARED])
