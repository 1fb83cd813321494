"""What a text must not say, and where it must name its source."""

import re

from .citations import MARK, strip_citations
from .plain_text import paragraphs, plain_text

# Promises, sales talk and words that hurt. They are refused even when negated.
FORBIDDEN = [
    r"cure(s|d)?",
    r"miracle",
    r"game-?changer",
    r"breakthrough",
    r"revolutioni[sz]e\w*",
    r"promising",
    r"guarantee\w*",
    r"risk-free",
    r"safe and effective",
    r"completely safe",
    r"non-?addictive",
    r"no side effects",
    r"FDA[- ]approved ketamine",
    r"HIPAA[- ]compliant",
    r"instant(ly)? relief",
    r"success rate",
    r"proven",
    r"commit(ted)? suicide",
    r"addicts?",
    r"sufferers?",
    r"treatment arsenal",
    r"hope for",
    r"best ketamine",
    r"leading clinic",
    r"manic phases",
]
FORBIDDEN_WORDS = re.compile(rf"\b(?:{'|'.join(FORBIDDEN)})\b", re.IGNORECASE)
# Numbers that are no claims: telephone numbers, the crisis lines, the age in a crisis text.
NO_CLAIM = re.compile(
    r"1-800-\S+|\(?\d{3}\)?[ -]\d{3}-\d{4}|\b988(?:lifeline\.org)?\b|\b911\b|\b838255\b|\bpress 1\b"
    r"|\b18\b years or older",
    re.IGNORECASE,
)
CLAIM = re.compile(r"\d|%|\b(?:study|studies|trials?|research\w*|evidence)\b", re.IGNORECASE)


def forbidden_words(text: str) -> list[str]:
    """Return what `text`, plain or HTML, says of the words that no page may use, in order."""
    return [match[0] for match in FORBIDDEN_WORDS.finditer(plain_text(text))]


def paragraphs_lacking_citation(html: str) -> list[str]:
    """Return the words of each paragraph, item or cell that makes a claim and cites nothing.

    A claim is a figure or a word for research. Headings are left out: they announce what
    follows. Text outside any tag counts as one paragraph.
    """
    return [plain_text(text) for text in paragraphs(html) if lacks_citation(text)]


def lacks_citation(text: str) -> bool:
    """True when one paragraph of plain text or HTML makes a claim and cites nothing."""
    claims = NO_CLAIM.sub("", plain_text(strip_citations(text)))
    return bool(CLAIM.search(claims)) and not MARK.search(text)
