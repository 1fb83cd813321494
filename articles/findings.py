"""What the checks of the checklist share: how they say what they found, and what they look at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.utils import timezone
from django.utils.text import Truncator

from clinic_site.core.models import SiteText

from .link_targets import faults_of_links
from .links import links_in, outer_address, problems_of
from .models import Article, CheckedLink, ForbiddenWord, Reference, Review, WritingRules
from .passages import Passage, PlacedBlock, passages_of, place_blocks


class Level(StrEnum):
    """An error stops publishing, a warning is for the editor to weigh, and the rest is in order."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the checklist.

    `rule` is the short name of the check; `text` says what and quotes the sentence, `remedy` what
    to do. `where` names the place for people, `target` is its id in the article's form; `url` leads
    to the remedy when that lies elsewhere in the admin.
    """

    level: Level
    rule: str
    text: str
    remedy: str = ""
    where: str = ""
    target: str = ""
    url: str = ""


class Work:
    """An article and all that its checks compare it with. Each thing is read once, when first asked for."""

    def __init__(self, article: Article, *, now: datetime) -> None:
        self.article = article
        self.now = now
        self.blocks: list[PlacedBlock] = place_blocks(article.blocks())
        self.passages: list[Passage] = passages_of(article, self.blocks)

    @property
    def readers_come_at(self) -> datetime:
        """The moment from which readers open it: a link to what opens earlier is good."""
        return max(self.now, self.article.published_at or self.now)

    @cached_property
    def rules(self) -> WritingRules:
        return WritingRules.load()

    @cached_property
    def forbidden(self) -> dict[str, ForbiddenWord]:
        return {row.words: row for row in ForbiddenWord.objects.all()}

    @cached_property
    def references(self) -> dict[str, Reference]:
        """The sources that the article cites, as far as there are such."""
        keys = {key for passage in self.passages for key in passage.keys}
        return {reference.key: reference for reference in Reference.objects.filter(key__in=keys)}

    @cached_property
    def site_texts(self) -> dict[str, SiteText]:
        return {text.key: text for text in SiteText.objects.all()}

    @cached_property
    def review(self) -> Review | None:
        """The review that stands, asked for afresh: a prefetched one may be out of date."""
        reviews = Review.objects.filter(article=self.article, voided_at=None).select_related("clinician")
        return reviews.order_by("-reviewed_on", "-pk").first()

    @cached_property
    def links(self) -> list[tuple[PlacedBlock, str]]:
        """Each link of the body, with the block it stands in."""
        return [(place, href) for place in self.blocks for html in place.block.texts_html() for href in links_in(html)]

    @cached_property
    def visits(self) -> dict[str, CheckedLink]:
        """What the last visits to the links to other sites found."""
        return problems_of(filter(None, (outer_address(href) for _, href in self.links)))

    @cached_property
    def link_faults(self) -> dict:
        """What is wrong with the links within the site."""
        blocks = [place.block for place in self.blocks]
        hrefs = [href for _, href in self.links]
        return faults_of_links(hrefs, article=self.article, blocks=blocks, at=self.readers_come_at)

    @property
    def today(self):
        return timezone.localdate(self.now)


def quote(text: str) -> str:
    """Return `text` in quotation marks, cut short where it is long."""
    return f"“{Truncator(text).chars(180)}”"
