"""The blocks an article is built from."""

from content_editor.models import create_plugin_base
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import escape

from clinic_site.core.html import SanitizedHtmlField
from clinic_site.core.models import Picture
from clinic_site.core.plain_fields import PlainCharField, PlainTextField

from ..plain_text import plain_text
from .article import Article
from .reference import refuse_citations, validate_citations

ArticleBlock = create_plugin_base(Article)
# Every block has a `kind`, by which templates tell them apart, and `texts_html()`: what readers
# read in it, as HTML in reading order, with citation marks.


def require_words(html: str) -> None:
    """Refuse a text in which there is nothing to read; the editor's empty paragraph is not empty to forms."""
    if not plain_text(html):
        raise ValidationError({"html": "Write something here, or delete the block."})


class ProseBlock(ArticleBlock):
    """Headings, paragraphs and lists."""

    kind = "prose"
    html = SanitizedHtmlField(
        "text",
        validators=[validate_citations],
        help_text="Cite with [@key] right after the claim. Level 2 headings make up the list of contents.",
    )

    class Meta:
        verbose_name = "text"
        verbose_name_plural = "texts"

    def __str__(self) -> str:
        return "Text"

    def clean(self) -> None:
        require_words(self.html)

    def texts_html(self) -> list[str]:
        return [self.html]


class CalloutBlock(ArticleBlock):
    """A boxed list or warning that must not be overlooked."""

    kind = "callout"

    class Look(models.TextChoices):
        SAFETY = "safety", "Safety (amber)"
        TIP = "tip", "Quiet note"
        CRISIS = "crisis", "Crisis (red)"

    look = models.CharField(max_length=10, choices=Look, default=Look.SAFETY)
    heading = PlainCharField(max_length=120, validators=[refuse_citations], help_text="Says at once what it is about.")
    html = SanitizedHtmlField("text", validators=[validate_citations])

    class Meta:
        verbose_name = "call-out"

    def __str__(self) -> str:
        return self.heading

    def clean(self) -> None:
        require_words(self.html)

    def texts_html(self) -> list[str]:
        return [escape(self.heading), self.html]


class EvidenceBlock(ArticleBlock):
    """A table that sets studies or options side by side."""

    kind = "evidence"
    caption = PlainCharField(
        max_length=150, validators=[refuse_citations], help_text="Shown above the table; says what it compares."
    )
    table = PlainTextField(
        validators=[validate_citations],
        help_text="One row on each line, cells separated by | . The first line holds the column headings. "
        "Cite with [@key] inside a cell.",
    )
    note = PlainCharField(
        max_length=300, blank=True, validators=[validate_citations], help_text="Shown under the table. May stay empty."
    )

    class Meta:
        verbose_name = "table of evidence"
        verbose_name_plural = "tables of evidence"

    def __str__(self) -> str:
        return self.caption

    def texts_html(self) -> list[str]:
        return [escape(text) for text in (self.caption, *(cell for row in self.cells for cell in row), self.note)]

    def clean(self) -> None:
        rows = self.cells
        if len(rows) < 2:
            raise ValidationError({"table": "Give a line of headings and at least one row."})
        for number, row in enumerate(rows, 1):
            if len(row) != len(rows[0]):
                raise ValidationError(
                    {"table": f"Line {number} has {len(row)} cells, but the headings are {len(rows[0])}."}
                )

    @property
    def cells(self) -> list[list[str]]:
        """The table as rows of cells; the first row holds the headings."""
        return [[cell.strip() for cell in line.split("|")] for line in self.table.splitlines() if line.strip()]


class FigureBlock(ArticleBlock):
    """A picture with a caption."""

    kind = "figure"
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="figures")
    caption = PlainCharField(
        max_length=300,
        blank=True,
        validators=[validate_citations],
        help_text="Shown under the picture. May stay empty.",
    )

    class Meta:
        verbose_name = "figure"

    def __str__(self) -> str:
        return str(self.picture)

    @classmethod
    def get_queryset(cls) -> models.QuerySet:
        return cls.objects.select_related("picture").prefetch_related("picture__renditions")

    def texts_html(self) -> list[str]:
        return [escape(self.caption)]


BLOCKS = (ProseBlock, CalloutBlock, EvidenceBlock, FigureBlock)
