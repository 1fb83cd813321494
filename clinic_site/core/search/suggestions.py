"""Words of the index that look like what a reader typed: half a word, or one that nobody wrote."""

from difflib import SequenceMatcher, get_close_matches

from django.db.models import Q
from django.db.models.functions import Length

from ..models import SearchWord

SHORTEST = 4
SHORTEST_START = 3
MOST_LONGER_WORDS = 20
# 1 is the same word. Lets “katemine” and “cetamine” through, not “down” for “dont” or “waking” for “parking”.
LIKENESS, LIKENESS_OF_SHORT, LIKENESS_OF_OTHER_INITIAL = 0.75, 0.8, 0.85
SHORT = 6


def words_starting(start: str) -> list[str]:
    """Return the words of the index, the shortest ones first, of which the folded `start` is the beginning.

    A prefix in the index's own terms would not do: they are stems, so that “parking” would find Parkinson’s.
    """
    if len(start) < SHORTEST_START:
        return []
    longer = SearchWord.objects.filter(word__startswith=start).exclude(word=start)
    return list(longer.order_by(Length("word"), "word").values_list("word", flat=True)[:MOST_LONGER_WORDS])


def similar_words(word: str) -> list[str]:
    """Return at most three words of the index that differ from the folded `word` by a letter or two, closest first.

    Looked for among the words that begin with the same letter or end on the same three, and are about as long.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return []
    near = SearchWord.objects.filter(Q(word__startswith=word[0]) | Q(word__endswith=word[-3:]))
    near = near.annotate(length=Length("word")).filter(length__range=(len(word) - 2, len(word) + 2))
    likeness = LIKENESS_OF_SHORT if len(word) <= SHORT else LIKENESS
    close = get_close_matches(word, near.values_list("word", flat=True), n=3, cutoff=likeness)
    return [
        other
        for other in close
        if other[0] == word[0] or SequenceMatcher(None, other, word).ratio() >= LIKENESS_OF_OTHER_INITIAL
    ]
