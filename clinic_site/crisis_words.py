"""Searches by people who may be in danger: they see the crisis lines before anything else."""

import re

from clinic_site.core.search import Query
from clinic_site.core.search.words import folded_words

# Folded words with one space between them. Too often shown costs a reader two lines; too seldom may cost a life.
CRISIS = re.compile(
    r"""\b(?:
    suicid\w* | sucid\w* | suiside\w* | overdos\w* | od(?:ed)? | 988 | 911 | crisis | hotline | lifeline | emergency
    | self\ ?(?:harm|injur)\w* | cut(?:ting)?\ (?:myself|my\ wrists?)
    | (?:kill|hurt|harm|hang|shoot|poison)(?:ing)?\ (?:myself|my\ self|me)
    | end(?:ing)?\ (?:my\ (?:own\ )?life|it\ all|myself) | take\ my\ (?:own\ )?life
    | (?:want|wanna|going|ready|wish|plan\w*|ways?|how)\ (?:\w+\ ){0,2}die
    | better\ off\ dead | wish\ i\ (?:was|were)\ dead
    | (?:dont|do\ not)\ want\ to\ (?:live|be\ alive|be\ here|wake\ up) | no\ reason\ to\ live | not\ worth\ living
    )\b""",
    re.VERBOSE,
)


def speaks_of_crisis(query: Query) -> bool:
    """Whether the words of a search may be those of somebody in danger."""
    return bool(CRISIS.search(" ".join(folded_words(query.text))))
