"""What a text must not say, and where it must name its source."""

import re
from html.parser import HTMLParser

from .citations import MARK, strip_citations
from .plain_text import plain_text

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
    r"1-800-\S+|\(?\d{3}\)?[ -]\d{3}-\d{4}|\b988\b|\b911\b|\b838255\b|\bpress 1\b|\b18\b years or older", re.IGNORECASE
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
    paragraphs = _Paragraphs()
    paragraphs.feed(html)
    paragraphs.close()
    return [plain_text(text) for text in paragraphs.texts if lacks_citation(text)]


def lacks_citation(text: str) -> bool:
    """True when one paragraph of plain text or HTML makes a claim and cites nothing."""
    claims = NO_CLAIM.sub("", plain_text(strip_citations(text)))
    return bool(CLAIM.search(claims)) and not MARK.search(text)


class _Paragraphs(HTMLParser):
    """Cuts HTML at the start and end of everything that holds a paragraph."""

    HOLDERS = frozenset({"p", "li", "td", "th", "blockquote", "ul", "ol", "table", "tr"})
    HEADINGS = frozenset({"h1", "h2", "h3", "h4"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[str] = [""]
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs) -> None:
        if tag in self.HEADINGS:
            self._in_heading = True
        if tag in self.HOLDERS or tag in self.HEADINGS:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HEADINGS:
            self._in_heading = False
        if tag in self.HOLDERS or tag in self.HEADINGS:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if not self._in_heading:
            self.texts[-1] += data

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")
