"""Editors' HTML: cleaned when it is saved, by whatever road it comes, and again when it is read."""

import re
from html import unescape

import nh3
from django.utils.html import escape, strip_tags
from django_prose_editor.fields import ProseEditorField, ProseEditorFormField

TAGS = {"p", "h2", "h3", "strong", "em", "ul", "ol", "li", "a", "blockquote", "br", "sub", "sup"}
ATTRIBUTES = {"a": {"href", "title"}, "h2": {"id"}, "h3": {"id"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto", "tel", "sms"}
# These go with all that stands in them: code, or what browsers show when they cannot show the tag.
NOT_TEXT = {"script", "style", "title", "iframe", "noembed", "noframes", "xml"}
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
# Also what turns the direction of writing: with it, a link can read as an address it does not have.
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]",
)
# A citation mark, `[@key]`. articles.citations says what becomes of it. A run of spaces is looked at from its
# start alone: from each of its places, 100,000 pasted ones would take minutes.
KEY = r"[a-z][a-z0-9_]*"
CITATION = re.compile(rf"(?<!\s)\s*\[@({KEY})\]")

# One of SCHEMES, or nothing that any browser could take for a scheme.
ADDRESS = re.compile(rf"(?:{'|'.join(sorted(SCHEMES))}):|[^:/?#]*(?:[/?#]|$)", re.IGNORECASE)
ID = re.compile(r"[\w.:-]+")
# The ids in our own templates; tests/site/test_ids.py compares. A heading that took one would
# catch its links, its label or its form field.
PAGE_IDS = re.compile(
    r"main|nav|q[01]|mist|contents|key-facts|off-label|results-vary|risks-box|getting-home|not-advice|crisis|references"
    r"|consult-here|related|clinics|expect|known|read|start|hours|photos|team|visit|way|done|error-summary-title"
    r"|(?:ref|cite|callout|group)-[0-9].*|(?:clinic|kept)-.*|id_.*"
    r"|i-(?:phone|map-pin|clock|menu|x|mail|link|printer|triangle-alert|arrow-right|car|accessibility"
    r"|message-square|navigation|shield-check|search)"
)
# Keeps an editor's id apart from those.
ID_PREFIX = "section-"

# What other programs write for the tags we have, and tags that go but must not join the words beside them.
SAME_AS = {"b": "strong", "i": "em", "h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3"}
OTHER_NAME = re.compile(rf"(?<=<)(/?)({'|'.join(SAME_AS)})(?=[\s/>])", re.IGNORECASE)
BOX = re.compile(
    r"</?(?:div|section|article|figure|figcaption|table|tr|t[dh]|caption|d[ltd]|pre)(?=[\s/>])", re.IGNORECASE
)

EMPTY_LINK = re.compile(r"<a(?: [^<>]*)?></a>")
HEADING_ID = re.compile(r'(<h[23]) id="[^"]*"')
MOST_PASSES = 10

BLOCK_END = re.compile(r"</(?:p|h2|h3|li|blockquote)>|<br\s*/?>", re.IGNORECASE)


def text_lines(markup: str) -> str:
    """Return the words of editors' HTML, one line for each paragraph, heading or item."""
    lines = unescape(strip_tags(BLOCK_END.sub("\n", markup))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def is_page_id(name: str) -> bool:
    """True if the page around editors' texts has an element called `name`, or may have one."""
    return PAGE_IDS.fullmatch(name) is not None


def clean_html(html: str | None) -> str:
    """Return `html` with nothing but the tags, attributes and link schemes that readers need.

    Cleaning the result again changes nothing: taking a tag out can change how a browser reads
    what stays, so it is cleaned until it stays the same.
    """
    html = OTHER_NAME.sub(lambda match: match[1] + SAME_AS[match[2].lower()], html or "")
    html = BOX.sub(r" \g<0>", html)
    for _ in range(MOST_PASSES):
        cleaned = _clean_once(html)
        if cleaned == html:
            break
        html = cleaned
    else:  # no such text is known
        html = escape(strip_tags(html))
    return "" if html == "<p></p>" else html  # the editor's way of saying "nothing"


def _clean_once(html: str) -> str:
    return EMPTY_LINK.sub("", CLEANER.clean(CONTROL_CHARACTERS.sub("", html)))


def _clean_attribute(tag: str, name: str, value: str) -> str | None:
    if name not in ATTRIBUTES.get(tag, ()):  # nh3 lets "title" and "lang" stand on every tag
        return None
    # A page takes citation marks out; were one left here, "java[@a]script:" would become a script.
    while CITATION.search(value):
        value = CITATION.sub("", value)
    if name == "href":
        value = value.strip()
        return value if ADDRESS.match(value) else None
    if name == "id":
        if not ID.fullmatch(value):
            return None
        return f"{ID_PREFIX}{value}" if is_page_id(value) else value
    if name == "start" and not re.fullmatch("-?[0-9]{1,6}", value):
        return None
    return value


CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=NOT_TEXT,
    attributes=ATTRIBUTES,
    attribute_filter=_clean_attribute,
    url_schemes=SCHEMES,
    link_rel=None,
)


def without_ids(html: str) -> str:
    """Return cleaned `html` without its ids, for texts that stand on many pages among other ids."""
    return HEADING_ID.sub(r"\1", html)


class SanitizedHtmlField(ProseEditorField):
    """HTML from the prose editor, cleaned in every save (form, loader or shell) and in every read."""

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("extensions", EXTENSIONS)
        kwargs.setdefault("sanitize", clean_html)
        super().__init__(*args, **kwargs)

    # Rows may be older than a rule, or written by other programs. 0.7 ms at most for an article with all site texts.
    def from_db_value(self, value, expression, connection):
        return value if value is None else clean_html(value)

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
