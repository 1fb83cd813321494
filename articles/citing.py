"""Where each source is cited."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from clinic_site.core.models import SiteText

from .citations import cited_keys
from .models import Article, Question
from .models.blocks import BLOCKS


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Something that cites. `url` is where staff edit it."""

    name: str
    url: str


def cited_everywhere() -> set[str]:
    """Return the keys that any text cites, published or not."""
    return {key for _, text in _all_texts() for key in cited_keys(text)}


def places_citing(key: str) -> list[Place]:
    """Return everything that cites `key`, published or not, each once."""
    return sorted({_place(owner) for owner, text in _all_texts() if key in cited_keys(text)})


def _all_texts() -> Iterator[tuple[object, str]]:
    for article in Article.objects.all():
        yield article, article.standfirst
        yield article, article.key_facts
    for block_model in BLOCKS:
        for block in block_model.get_queryset().select_related("parent"):
            yield from ((block.parent, text) for text in block.texts_html())
    yield from ((question, question.answer) for question in Question.objects.all())
    yield from ((text, text.body) for text in SiteText.objects.all())


def _place(owner) -> Place:
    meta = owner._meta
    return Place(
        name=f"{meta.verbose_name.capitalize()}: {owner}",
        url=reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[owner.pk]),
    )
