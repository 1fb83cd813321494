"""Two texts of an article side by side: what was added, what was taken out."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from .plain_text import BLOCK_END, marked_text

WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Part:
    """One paragraph of an article, and the name of the field or block it stands in."""

    label: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a comparison. `kind` is "same", "added", "removed" or "changed"."""

    kind: str
    label: str
    html: SafeString


def parts_of(article, blocks: Iterable) -> list[Part]:
    """Return all that readers read of `article`, stored or not, paragraph by paragraph with citation marks."""
    fields = [("Title", article.title), ("Summary", article.summary), ("Short answer", article.standfirst)]
    parts = [Part(label, text.strip()) for label, text in fields]
    parts += [Part("Key fact", fact) for fact in article.key_fact_list]
    for block in blocks:
        label = block._meta.verbose_name.capitalize()
        parts += [Part(label, line) for text in block.texts_html() for line in _lines(text)]
    return [part for part in parts if part.text]


def _lines(markup: str) -> list[str]:
    return [marked_text(line) for line in BLOCK_END.sub("\n", markup).split("\n")]


def compare(before: list[Part], after: list[Part]) -> list[Change]:
    """Return how `after` came from `before`, in reading order."""
    changes = []
    matcher = difflib.SequenceMatcher(None, [p.text for p in before], [p.text for p in after], autojunk=False)
    for step, i1, i2, j1, j2 in matcher.get_opcodes():
        if step == "equal":
            changes += [_change("same", part, part.text) for part in after[j1:j2]]
            continue
        old, new = before[i1:i2], after[j1:j2]
        pairs = min(len(old), len(new))
        changes += [_changed(*pair) for pair in zip(old[:pairs], new[:pairs], strict=True)]
        changes += [_change("removed", part, format_html("<del>{}</del>", part.text)) for part in old[pairs:]]
        changes += [_change("added", part, format_html("<ins>{}</ins>", part.text)) for part in new[pairs:]]
    return changes


def _change(kind: str, part: Part, text: str) -> Change:
    return Change(kind=kind, label=part.label, html=mark_safe(escape(text)))


def _changed(old: Part, new: Part) -> Change:
    before, after = WORD.findall(old.text), WORD.findall(new.text)
    out = []
    for step, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = escape("".join(before[i1:i2])), escape("".join(after[j1:j2]))
        if step == "equal":
            out.append(come)
            continue
        out.append(f"<del>{gone}</del>" if gone else "")
        out.append(f"<ins>{come}</ins>" if come else "")
    return Change(kind="changed", label=new.label, html=mark_safe("".join(out)))
