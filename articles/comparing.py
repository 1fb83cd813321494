"""Two texts of an article side by side: what was added, what was taken out."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString

from .plain_text import BLOCK_END, marked_text

WORD = re.compile(r"\s*\S+\s*")
# So many unchanged paragraphs are shown on each side of a change.
CONTEXT = 1


@dataclass(frozen=True)
class Part:
    """One paragraph of an article, and the name of the field or block it stands in."""

    label: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a comparison. `kind` is "same", "added", "removed", "changed", or "fold" for what is left out."""

    kind: str
    label: str
    html: SafeString

    @property
    def is_difference(self) -> bool:
        return self.kind not in ("same", "fold")


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
    """Return how `after` came from `before`, in reading order. Long runs of the same are folded into one line."""
    return _folded(_changes(before, after))


def _changes(before: list[Part], after: list[Part]) -> list[Change]:
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
    return Change(kind=kind, label=part.label, html=conditional_escape(text))


def _changed(old: Part, new: Part) -> Change:
    before, after = WORD.findall(old.text), WORD.findall(new.text)
    out = []
    for step, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
        if step == "equal":
            out.append(escape(come))
            continue
        out.append(format_html("<del>{}</del>", gone) if gone else "")
        out.append(format_html("<ins>{}</ins>", come) if come else "")
    return Change(kind="changed", label=new.label, html=format_html_join("", "{}", zip(out, strict=True)))


def _folded(changes: list[Change]) -> list[Change]:
    near = {
        place + step
        for place, change in enumerate(changes)
        if change.is_difference
        for step in range(-CONTEXT, CONTEXT + 1)
    }
    folded, hidden = [], 0
    for place, change in enumerate([*changes, None]):
        if change is not None and place not in near:
            hidden += 1
            continue
        if hidden:
            words = "1 paragraph is the same" if hidden == 1 else f"{hidden} paragraphs are the same"
            folded.append(Change(kind="fold", label="", html=escape(words)))
            hidden = 0
        if change is not None:
            folded.append(change)
    return folded
