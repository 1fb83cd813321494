"""What a reader reads, as plain text: for counting words and for checks."""

import html
import re
from html.parser import HTMLParser

from django.utils.html import escape, strip_tags

from .citations import strip_citations

BLOCK_END = re.compile(r"</(?:p|h2|h3|li|ul|ol|blockquote)>|<br\s*/?>", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """Return the words of `markup`, without tags and citation marks, on one line."""
    return marked_text(strip_citations(markup))


def marked_text(markup: str) -> str:
    """Return the words of `markup`, without tags but with citation marks, on one line."""
    text = BLOCK_END.sub(r"\g<0> ", markup)
    return " ".join(html.unescape(strip_tags(text)).split())


def article_text(article, blocks) -> str:
    """Return all the words of one article in reading order, one line for each part."""
    parts = [escape(text) for text in (article.title, article.standfirst, *article.key_fact_list)]
    parts += [text for block in blocks for text in block.texts_html()]
    return "\n".join(filter(None, map(plain_text, parts)))


def paragraphs(markup: str) -> list[str]:
    """Return each paragraph, item and cell of `markup` without its tags, headings left out.

    Citation marks and character references stay. Text outside any tag is one paragraph.
    """
    cutter = _Paragraphs()
    cutter.feed(markup)
    cutter.close()
    return [text for text in map(str.strip, cutter.texts) if text]


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
        if tag == "br":
            self.handle_data(" ")

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
