"""Posting the admin's forms."""

import re


def errors(response) -> str:
    """Return the form's messages, for a test that expected none."""
    found = re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL)
    return " ".join(found)


def save(staff, path: str, post: dict, *, ok: bool = True):
    response = staff.post(path, post)
    assert (response.status_code == 302) is ok, errors(response)
    return response


def unchanged(response) -> dict:
    """Return what a browser posts when nothing on the change form in `response` was touched."""
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    forms = [response.context["adminform"].form, *(formset.management_form for formset in formsets)]
    forms += [form for formset in formsets for form in formset.forms]
    post = {}
    for field in (field for form in forms for field in form):
        name, value = field.html_name, field.value()
        if hasattr(field.field.widget, "decompress"):  # a date and a time of their own
            parts = field.field.widget.decompress(value) if value else []
            names = field.field.widget.widgets_names
            post.update({f"{name}{suffix}": part for suffix, part in zip(names, parts, strict=False)})
        elif value is not None and value is not False and not hasattr(value, "url"):
            post[name] = getattr(value, "pk", value)
    return post
