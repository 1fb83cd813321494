"""Citations: `[@key]` in a text becomes a number that links to the list of references."""

import re
from collections.abc import Mapping

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from clinic_site.core.html import CITATION as MARK
from clinic_site.core.html import KEY

MARKS = re.compile(rf"(?<!\s)(?:\s*\[@{KEY}\])+")
TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")


def cited_keys(text: str) -> list[str]:
    """Return the keys cited in `text`, in order, each as often as it is cited."""
    return MARK.findall(text)


def strip_citations(text: str) -> str:
    """Return `text` without its citation marks."""
    return MARK.sub("", text)


class Numbering:
    """Numbers the sources of one page in the order in which they are first cited.

    Texts go through `html` or `plain` in reading order; `used` then lists the sources.
    A key without a source vanishes from the page: a broken mark helps no reader.
    """

    def __init__(self, references: Mapping[str, object]) -> None:
        self._references = references
        self._numbers: dict[str, int] = {}
        self._uses: dict[str, int] = {}

    def html(self, text: str) -> SafeString:
        """Return cleaned HTML with its marks turned into links.

        A mark inside a link moves behind it, since links cannot hold links; one inside a tag goes.
        """
        out, waiting, in_link = [], [], False
        for index, piece in enumerate(TAG.split(text)):
            if index % 2:  # a tag
                out.append(strip_citations(piece))
                if re.match(r"<a\b", piece, re.IGNORECASE):
                    in_link = True
                elif piece.lower().startswith("</a"):
                    in_link = False
                    out.append(self._links(waiting))
                    waiting = []
            elif in_link:
                waiting += cited_keys(piece)
                out.append(strip_citations(piece))
            else:
                out.append(MARKS.sub(lambda match: self._links(cited_keys(match[0])), piece))
        return mark_safe("".join(out))  # nosec B308  # `text` was cleaned, links hold only numbers

    def plain(self, text: str) -> SafeString:
        """Return plain text as HTML, escaped, with its marks turned into links."""
        return self.html(escape(text))

    def _links(self, keys: list[str]) -> str:
        # One <sup> with commas: two of them side by side, 1 and 2, would read as 12.
        links = ",\N{NO-BREAK SPACE}".join(self._link(key) for key in dict.fromkeys(keys) if key in self._references)
        return f"<sup>{links}</sup>" if links else ""

    def _link(self, key: str) -> str:
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        use = self._uses[key] = self._uses.get(key, 0) + 1
        return f'<a href="#ref-{number}" id="cite-{number}-{use}" aria-label="Reference {number}">{number}</a>'

    @property
    def used(self) -> list[dict]:
        """The cited sources in order: number, reference, and the ids of the places that cite it."""
        return [
            {
                "number": number,
                "reference": self._references[key],
                "backlinks": [f"cite-{number}-{use}" for use in range(1, self._uses[key] + 1)],
            }
            for key, number in self._numbers.items()
        ]
