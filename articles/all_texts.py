"""Every text that editors write, with the thing it belongs to: what cites, and what links."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse
from django.utils.html import escape

from clinic_site.core.models import Page, SiteText

from .models import Article, Question
from .models.blocks import BLOCKS


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Something that cites or links. `url` is where staff edit it."""

    name: str
    url: str


def all_texts() -> Iterator[tuple[Model, str]]:
    """Yield each text as HTML with its owner, published or not: one query for each kind of owner."""
    for article in Article.objects.all():
        yield article, escape(article.standfirst)
        yield article, escape(article.key_facts)
    for block_model in BLOCKS:
        for block in block_model.get_queryset().select_related("parent"):
            yield from ((block.parent, text) for text in block.texts_html())
    yield from ((question, question.answer) for question in Question.objects.all())
    yield from ((text, text.body) for text in SiteText.objects.all())
    yield from ((page, page.body) for page in Page.objects.all())


def place_of(owner: Model) -> Place:
    """Return where staff edit `owner`."""
    meta = owner._meta
    return Place(
        name=f"{meta.verbose_name.capitalize()}: {owner}",
        url=reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[owner.pk]),
    )
