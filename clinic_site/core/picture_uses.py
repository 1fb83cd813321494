"""Where pictures are shown, found without knowing who shows them."""

from collections.abc import Iterable

from django.contrib.admin import AdminSite
from django.db.models import ForeignKey, Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from .models import Picture, Rendition


def uses_of(pictures: Iterable[Picture], *, site: AdminSite) -> dict[int, list[str]]:
    """Return, by primary key, a link to each thing that shows a picture, once each, as HTML.

    One query for each model that names pictures, however many pictures there are.
    """
    users: dict[int, dict[Model, None]] = {picture.pk: {} for picture in pictures}
    # Hidden ones included: most models name no way back from a picture.
    for relation in Picture._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if not relation.one_to_many or model is Rendition:
            continue
        wholes = [] if site.is_registered(model) else _wholes(model, site)
        found = model._default_manager.filter(**{f"{relation.field.name}__in": users}).order_by("pk")
        for user in found.select_related(*wholes):
            whole = next(filter(None, (getattr(user, name) for name in wholes)), user)
            users[getattr(user, relation.field.attname)][whole] = None
    return {pk: [_link(user, site) for user in shown_by] for pk, shown_by in users.items()}


def _wholes(model: type[Model], site: AdminSite) -> list[str]:
    """The fields that name what a row of `model` is a part of and whose page in the admin holds it."""
    return [
        field.name
        for field in model._meta.fields
        if isinstance(field, ForeignKey)
        and field.related_model is not Picture
        and site.is_registered(field.related_model)
    ]


def _link(user: Model, site: AdminSite) -> str:
    text = f"{capfirst(user._meta.verbose_name)}: {user}"
    if not site.is_registered(type(user)):
        return text
    meta = user._meta
    url = reverse(f"{site.name}:{meta.app_label}_{meta.model_name}_change", args=[user.pk])
    return format_html('<a href="{}">{}</a>', url, text)
