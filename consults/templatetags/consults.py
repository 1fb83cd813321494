"""The consult form for pages of other apps, which need not know this one."""

from django import template

from consults.forms import ConsultForm

register = template.Library()


@register.inclusion_tag("consults/_form.html", takes_context=True)
def consult_form(context, *, source: str, location=None) -> dict:
    """Show the form. `source` is the kind of page, `location` the clinic to preset."""
    initial = {"source": source, "page": context["request"].path}
    if location is not None:
        initial["location"] = location.slug
    return {
        "form": ConsultForm(initial=initial),
        "is_embedded": True,  # these pages lack the consult page's own crisis box above the form
        "is_preview": bool(context.get("preview")),  # shown in a frame in which no script may run
        "texts": context["texts"],
        "clinic": context["clinic"],
    }
