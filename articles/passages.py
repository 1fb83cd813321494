"""An article cut into what its checks look at: one heading, paragraph, table row or caption at a time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import escape

from .citations import cited_keys
from .headings import HEADING
from .plain_text import paragraphs, plain_text


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One piece of text, as HTML, and where editors find it.

    `target` is the id of that place in the article's form. `cites` is False for what cannot hold
    a citation, such as a title; `is_prose` for what is no run of sentences, such as a table row.
    """

    where: str
    target: str
    html: str
    cites: bool = True
    is_prose: bool = True

    @property
    def text(self) -> str:
        return plain_text(self.html)

    @property
    def keys(self) -> list[str]:
        return cited_keys(self.html)


@dataclass(frozen=True, kw_only=True)
class PlacedBlock:
    """A block, and where editors find it."""

    block: object
    where: str
    target: str


def place_blocks(blocks: list) -> list[PlacedBlock]:
    """Return `blocks`, in page order, with their places: “Block 3, text”, and the id of its form."""
    seen: Counter = Counter()
    placed = []
    for number, block in enumerate(blocks, 1):
        # The form lists the blocks of one kind together, in page order, counting from 0.
        target = f"articles_{block.kind}block_set-{seen[block.kind]}"
        seen[block.kind] += 1
        placed.append(PlacedBlock(block=block, where=f"Block {number}, {block._meta.verbose_name}", target=target))
    return placed


def passages_of(article, placed: list[PlacedBlock]) -> list[Passage]:
    """Return everything readers read in one article, in page order. Empty pieces are left out."""
    head = [
        Passage(where="Title", target="id_title", html=escape(article.title), cites=False, is_prose=False),
        Passage(where="Summary", target="id_summary", html=escape(article.summary), cites=False),
        Passage(where="Standfirst", target="id_standfirst", html=escape(article.standfirst)),
        *(
            Passage(where=f"Key fact {number}", target="id_key_facts", html=escape(fact))
            for number, fact in enumerate(article.key_fact_list, 1)
        ),
    ]
    body = [passage for place in placed for passage in _passages_of_block(place)]
    return [passage for passage in (*head, *body) if passage.text]


def _passages_of_block(place: PlacedBlock) -> Iterator[Passage]:
    block, at = place.block, {"where": place.where, "target": place.target}
    heading = {**at, "cites": False, "is_prose": False}
    match block.kind:
        case "prose" | "callout":
            if block.kind == "callout":
                yield Passage(html=escape(block.heading), **heading)
            for match in HEADING.finditer(block.html):
                yield Passage(html=match[3], **heading)
            for text in paragraphs(block.html):
                yield Passage(html=text, **at)
        case "evidence":
            yield Passage(html=escape(block.caption), **heading)
            for number, row in enumerate(block.cells):
                # The first row names the columns: a heading, which may all the same cite.
                yield Passage(html=escape(" | ".join(row)), cites=number > 0, is_prose=False, **at)
            yield Passage(html=escape(block.note), **at)
        case "figure":
            yield Passage(html=escape(block.caption), **at)
            yield Passage(html=escape(block.picture.alt), **heading)
        case _:
            raise ValueError(f"unknown kind of block: {block.kind}")
