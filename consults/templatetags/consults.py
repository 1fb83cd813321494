"""The consult form for pages of other apps, which need not know this one."""

from django import template
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from clinic_site.core.site_wide import remembered
from consults.forms import ConsultForm, Offered

register = template.Library()

# Stands in the form for the page it is on, until the page is known.
THIS_PAGE = "the-page-of-this-form"


@register.simple_tag(takes_context=True)
def consult_form(context, *, source: str, location=None) -> SafeString:
    """Show the form. `source` is the kind of page, `location` the clinic to preset.

    Making it takes a third of the time of an article, and all that differs between two articles is
    the address in one hidden field.
    """
    preset = location and location.slug
    is_preview = bool(context.get("preview"))  # shown in a frame in which no script may run
    name = "consult form", source, preset, is_preview
    form = remembered(context["request"], name, lambda: _form(context, source, preset, is_preview))
    return mark_safe(form.replace(THIS_PAGE, escape(context["request"].path)))  # nosec B308  # a template made it


def _form(context, source: str, preset: str | None, is_preview: bool) -> str:
    initial = {"source": source, "page": THIS_PAGE, **({"location": preset} if preset else {})}
    return render_to_string(
        "consults/_form.html",
        {
            "form": ConsultForm(initial=initial, offered=remembered(context["request"], "offered", Offered.now)),
            "is_embedded": True,  # these pages lack the consult page's own crisis box above the form
            "is_preview": is_preview,
            "texts": context["texts"],
            "clinic": context["clinic"],
        },
    )
