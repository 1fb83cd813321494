"""Editors' HTML: cleaned when it is saved, by whatever road it comes."""

import re
from html import unescape

import nh3
from django.utils.html import strip_tags
from django_prose_editor.fields import ProseEditorField, ProseEditorFormField

TAGS = {"p", "h2", "h3", "strong", "em", "ul", "ol", "li", "a", "blockquote", "br", "sub", "sup"}
ATTRIBUTES = {"a": {"href", "title"}, "h2": {"id"}, "h3": {"id"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto", "tel", "sms"}
EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False},
}

# Everything XML 1.0 refuses, but tab and line ends: one pasted control character breaks a feed.
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

BLOCK_END = re.compile(r"</(?:p|h2|h3|li|blockquote)>|<br\s*/?>", re.IGNORECASE)


def text_lines(markup: str) -> str:
    """Return the words of editors' HTML, one line for each paragraph, heading or item."""
    lines = unescape(strip_tags(BLOCK_END.sub("\n", markup))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def clean_html(html: str) -> str:
    """Return `html` with nothing but the tags, attributes and link schemes that readers need."""
    html = CONTROL_CHARACTERS.sub("", html or "")
    html = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
    return "" if html == "<p></p>" else html  # the editor's way of saying "nothing"


class SanitizedHtmlField(ProseEditorField):
    """HTML from the prose editor, cleaned in every save: form, loader or shell."""

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("extensions", EXTENSIONS)
        kwargs.setdefault("sanitize", clean_html)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value is None else clean_html(value)

    def pre_save(self, model_instance, add):
        value = clean_html(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": HtmlFormField, **kwargs})


class HtmlFormField(ProseEditorFormField):
    """Takes out what came along with pasted text, instead of refusing the text for it."""

    def to_python(self, value) -> str:
        return super().to_python(CONTROL_CHARACTERS.sub("", value) if isinstance(value, str) else value)
