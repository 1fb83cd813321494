"""What an article page and the page of questions show: texts as HTML, sources numbered as they are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString, mark_safe

from clinic_site.core.html import without_ids
from clinic_site.core.models import Picture, SiteText
from clinic_site.core.texts import all_texts

from .bibliography import Citation, list_citations, numbering_for
from .citations import Numbering, strip_citations
from .headings import ContentsEntry, Headings
from .models import Article, Question

# The boxes around a medical text, in the order in which readers meet them.
BOXES_BEFORE = ("off-label",)
BOXES_AFTER = ("results-vary", "risks", "driving", "not-advice", "crisis")


@dataclass(frozen=True, kw_only=True)
class Prose:
    html: SafeString
    kind: str = "prose"


@dataclass(frozen=True, kw_only=True)
class Callout:
    callout_kind: str
    heading: str
    html: SafeString
    kind: str = "callout"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    caption: str
    columns: list[SafeString]
    rows_html: list[list[SafeString]]
    note_html: SafeString
    # On a narrow screen each cell stands under the name of its column.
    column_labels: list[str]
    kind: str = "evidence"

    @property
    def labelled_rows(self) -> list[list[tuple[str, SafeString]]]:
        """The rows as pairs of plain column name and cell."""
        return [list(zip(self.column_labels, row, strict=False)) for row in self.rows_html]


@dataclass(frozen=True, kw_only=True)
class Figure:
    picture: Picture
    caption_html: SafeString
    kind: str = "figure"


class PageTexts:
    """The site texts as templates look them up, `texts.off_label.body`.

    The boxes that were rendered with the page keep their numbered citations. All other texts
    stand outside the reading order and lose their marks.
    """

    def __init__(self, texts: dict[str, SiteText]) -> None:
        self._texts = texts
        self._boxes: dict[str, SiteText] = {}

    def number(self, keys: Iterable[str], numbering: Numbering) -> None:
        """Render the boxes `keys`, in this order."""
        for key in keys:
            text = self._texts.get(key, SiteText(key=key))
            self._boxes[key] = SiteText(key=key, heading=text.heading, body=numbering.html(without_ids(text.body)))

    def __getitem__(self, key: str) -> SiteText:
        key = key.replace("_", "-")
        if key in self._boxes:
            return self._boxes[key]
        text = self._texts.get(key, SiteText(key=key))
        body = mark_safe(strip_citations(without_ids(text.body)))  # nosec B308  # cleaned when it was saved
        return SiteText(key=key, heading=text.heading, body=body)


@dataclass(frozen=True, kw_only=True)
class ArticlePage:
    """One article, ready to be shown. Nothing here asks the database again."""

    title: str
    reading_minutes: int
    standfirst_html: SafeString
    key_facts_html: list[SafeString]
    blocks: list
    contents: list[ContentsEntry]
    citations: list[Citation]
    boxes: PageTexts


@dataclass(frozen=True, kw_only=True)
class QuestionsPage:
    """The questions by group, ready to be shown."""

    groups: list[tuple[str, list[Question]]]
    citations: list[Citation]
    boxes: PageTexts


def render_article(article: Article, *, texts: dict[str, SiteText] | None = None) -> ArticlePage:
    """Build the page of `article`, numbering its sources from the top of the page to its foot.

    `texts` are all site texts by key, for who has them already.
    """
    blocks = article.blocks()
    texts = all_texts() if texts is None else texts
    boxes = PageTexts(texts)
    before, after = (BOXES_BEFORE, BOXES_AFTER) if article.is_medical else ((), ())
    sources = [article.standfirst, article.key_facts, *(text for block in blocks for text in block.texts_html())]
    numbering = numbering_for([*sources, *_bodies(texts, before + after)])
    headings = Headings()

    standfirst_html = numbering.plain(article.standfirst)
    key_facts_html = [numbering.plain(fact) for fact in article.key_fact_list]
    boxes.number(before, numbering)
    rendered = [_render_block(block, numbering, headings) for block in blocks]
    boxes.number(after, numbering)
    return ArticlePage(
        title=article.title,
        reading_minutes=article.reading_minutes,
        standfirst_html=standfirst_html,
        key_facts_html=key_facts_html,
        blocks=rendered,
        contents=headings.contents,
        citations=list_citations(numbering),
        boxes=boxes,
    )


def render_questions(questions: Iterable[Question]) -> QuestionsPage:
    """Build the page of questions. Each question gains `answer_html`; empty groups are left out."""
    order = {group: place for place, group in enumerate(Question.Group.values)}
    questions = sorted(questions, key=lambda question: order[question.group])  # keeps editors' order
    texts = all_texts()
    boxes = PageTexts(texts)
    answers = [question.answer for question in questions]
    numbering = numbering_for([*answers, *_bodies(texts, BOXES_BEFORE + BOXES_AFTER)])

    boxes.number(BOXES_BEFORE, numbering)
    headings = Headings(taken=[question.slug for question in questions])
    for question in questions:
        question.answer_html = numbering.html(headings.anchored(question.answer))
    boxes.number(BOXES_AFTER, numbering)
    return QuestionsPage(
        groups=[(name, list(group)) for name, group in groupby(questions, Question.get_group_display)],
        citations=list_citations(numbering),
        boxes=boxes,
    )


def _bodies(texts: dict[str, SiteText], keys: Iterable[str]) -> list[str]:
    return [texts[key].body for key in keys if key in texts]


def _render_block(block, numbering: Numbering, headings: Headings) -> Prose | Callout | Evidence | Figure:
    match block.kind:
        case "prose":
            return Prose(html=numbering.html(headings.anchored(block.html)))
        case "callout":
            html = numbering.html(headings.anchored(block.html, listed=False))
            return Callout(callout_kind=block.look, heading=block.heading, html=html)
        case "evidence":
            return _render_evidence(block, numbering)
        case "figure":
            return Figure(picture=block.picture, caption_html=numbering.plain(block.caption))
    raise ValueError(f"unknown kind of block: {block.kind}")


def _render_evidence(block, numbering: Numbering) -> Evidence:
    columns, *rows = [[numbering.plain(cell) for cell in row] for row in block.cells] or [[]]
    return Evidence(
        caption=block.caption,
        columns=columns,
        rows_html=rows,
        note_html=numbering.plain(block.note),
        column_labels=[strip_citations(name) for name in block.cells[0]] if columns else [],
    )
