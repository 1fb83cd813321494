"""Parts of a page that are the same on every page."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from clinic_site.core.site_wide import remembered

register = template.Library()


@register.simple_tag(takes_context=True)
def site_wide(context, template_name: str) -> SafeString:
    """Include a template, rendered once for each content stamp.

    It is rendered with what every page has, not with what this one adds, and must not look at `request`.
    """
    request = context["request"]
    return remembered(request, template_name, lambda: render_to_string(template_name, request=request))
