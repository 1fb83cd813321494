"""Ids in our templates are known, so that no text of an editor's can take one."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from clinic_site.core.html import is_page_id

from .pages import PATHS

ID = re.compile(r'\bid="([^"{}]+)"')


def test_every_id_in_a_template_is_known():
    folder = Path(settings.BASE_DIR) / "templates"
    of_staff = {"admin", "account", "mfa"}
    paths = [path for path in folder.rglob("*.html") if not of_staff & set(path.relative_to(folder).parts)]
    ids = {found for path in paths for found in ID.findall(path.read_text())}
    assert len(ids) > 40
    assert {found for found in ids if not is_page_id(found)} == set()


@pytest.mark.django_db
def test_every_id_on_a_page_is_known_or_an_editors(content, client):
    unknown = set()
    for path in PATHS:
        html = client.get(path).content.decode()
        editors = set(re.findall(r'<h[23] id="(section-[^"]+)"|<div class="question flow" id="([^"]+)"', html))
        ids = ID.findall(html)
        assert len(ids) == len(set(ids)), path
        unknown |= {found for found in ids if not is_page_id(found)} - {one for pair in editors for one in pair}
    assert unknown == set()
