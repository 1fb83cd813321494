"""Anchors for headings: every one can be linked to, and level 2 makes up the list of contents."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from clinic_site.core.html import ID_PREFIX, is_page_id, without_ids

from .plain_text import plain_text

# As core.html leaves them: no attribute but an id.
HEADING = re.compile(r'<h([23])(?: id="([^"]*)")?>(.*?)</h\1>', re.DOTALL)


@dataclass(frozen=True)
class ContentsEntry:
    """One line of the list of contents."""

    id: str
    text: str


class Headings:
    """Gives ids to the headings of one page, in page order, and remembers level 2 for the contents.

    `taken` are ids that the page uses itself, beside those that every page may use.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken: set[str] = set(taken)
        self._next: dict[str, int] = {}  # the number to try for each id that was wanted: many headings may read alike
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
        anchored = HEADING.sub(lambda match: self._anchor(match, listed), html)
        return mark_safe(anchored)  # nosec B308  # `html` was cleaned when it was saved, an id is a slug

    def _anchor(self, match: re.Match, listed: bool) -> str:
        level, given, inner = match.groups()
        text = plain_text(inner)
        if not text:
            return ""
        wanted = given or ID_PREFIX + (slugify(text) or "untitled")
        anchor = self._free(ID_PREFIX + wanted if is_page_id(wanted) else wanted)
        if listed and level == "2":
            self.contents.append(ContentsEntry(anchor, text))
        # A heading inside a heading is no place that anybody links to.
        return f'<h{level} id="{anchor}">{without_ids(inner)}</h{level}>'

    def _free(self, wanted: str) -> str:
        anchor, number = wanted, self._next.get(wanted, 2)
        while anchor in self._taken:
            anchor, number = f"{wanted}-{number}", number + 1
        self._next[wanted] = number
        self._taken.add(anchor)
        return anchor
