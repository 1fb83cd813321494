"""Where a picture is shown, found without knowing who shows it."""

from django.contrib.admin import AdminSite
from django.db.models import ForeignKey, Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from .models import Picture


def uses_of(picture: Picture, *, site: AdminSite) -> list[str]:
    """Return a link to each thing that shows `picture`, once each, as HTML."""
    # Hidden ones included: most models name no way back from a picture.
    relations = [field for field in Picture._meta.get_fields(include_hidden=True) if field.one_to_many]
    users = [
        _edited_as(user, site)
        for relation in relations
        for user in relation.related_model._default_manager.filter(**{relation.field.name: picture}).order_by("pk")
    ]
    return [_link(user, site) for user in dict.fromkeys(users)]


def _edited_as(user: Model, site: AdminSite) -> Model:
    """The thing whose page in the admin holds `user`: itself, or what it is a part of."""
    if site.is_registered(type(user)):
        return user
    for field in user._meta.fields:
        if isinstance(field, ForeignKey) and field.related_model is not Picture:
            whole = getattr(user, field.name)
            if whole is not None and site.is_registered(type(whole)):
                return whole
    return user


def _link(user: Model, site: AdminSite) -> str:
    text = f"{capfirst(user._meta.verbose_name)}: {user}"
    if not site.is_registered(type(user)):
        return text
    meta = user._meta
    url = reverse(f"{site.name}:{meta.app_label}_{meta.model_name}_change", args=[user.pk])
    return format_html('<a href="{}">{}</a>', url, text)
