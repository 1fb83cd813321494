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
