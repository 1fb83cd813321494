"""Fields of plain text that keep no control characters, whatever was pasted and by whatever road it comes.

One of them in a title would break the feed, the sitemap and every other XML for everybody.
"""

from django import forms
from django.db import models

from .html import CONTROL_CHARACTERS


def without_control_characters(text: str) -> str:
    """Return `text` without what XML refuses; tabs and line ends stay."""
    return CONTROL_CHARACTERS.sub("", text)


class PlainFormField(forms.CharField):
    """Takes control characters out before anything else looks at the text."""

    def to_python(self, value) -> str:
        return super().to_python(without_control_characters(value) if isinstance(value, str) else value)


class WithoutControlCharacters:
    """Cleans in forms, in full_clean(), in save() and in update(). The column is an ordinary one."""

    def to_python(self, value):
        return _clean(super().to_python(value))

    def get_prep_value(self, value):
        return _clean(super().get_prep_value(value))

    def pre_save(self, model_instance, add):
        value = _clean(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PlainFormField, **kwargs})

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.column_class}", args, kwargs


class PlainCharField(WithoutControlCharacters, models.CharField):
    column_class = "CharField"


class PlainTextField(WithoutControlCharacters, models.TextField):
    column_class = "TextField"


def _clean(value):
    return without_control_characters(value) if isinstance(value, str) else value
