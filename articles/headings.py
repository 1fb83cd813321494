"""Anchors for headings: every one can be linked to, and level 2 makes up the list of contents."""

import re
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from .plain_text import plain_text

# As core.html leaves them: no attribute but an id.
HEADING = re.compile(r'<h([23])(?: id="([^"]*)")?>(.*?)</h\1>', re.DOTALL)
# Keeps these ids apart from those of the page around the article.
PREFIX = "section-"


@dataclass(frozen=True)
class ContentsEntry:
    """One line of the list of contents."""

    id: str
    text: str


class Headings:
    """Gives ids to the headings of one page, in page order, and remembers level 2 for the contents."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self.contents: list[ContentsEntry] = []

    @property
    def anchors(self) -> frozenset[str]:
        """The ids given so far."""
        return frozenset(self._taken)

    def anchored(self, html: str, *, listed: bool = True) -> SafeString:
        """Return cleaned HTML in which every heading has an id that no other heading has.

        An id is made from the words of its heading, so links survive edits elsewhere on the page.
        Headings that are not `listed` stay out of the contents.
        """
        return mark_safe(HEADING.sub(lambda match: self._anchor(match, listed), html))

    def _anchor(self, match: re.Match, listed: bool) -> str:
        level, given, inner = match.groups()
        text = plain_text(inner)
        if not text:
            return ""
        anchor = self._free(given or PREFIX + (slugify(text) or "untitled"))
        if listed and level == "2":
            self.contents.append(ContentsEntry(anchor, text))
        return f'<h{level} id="{escape(anchor)}">{inner}</h{level}>'

    def _free(self, wanted: str) -> str:
        anchor, number = wanted, 2
        while anchor in self._taken:
            anchor, number = f"{wanted}-{number}", number + 1
        self._taken.add(anchor)
        return anchor
