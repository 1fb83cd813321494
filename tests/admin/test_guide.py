import re

import pytest
from django.templatetags.static import static

from clinic_site.admin_site import CHAPTERS
from tests.factories.consults import make_staff_user

from .page import text_of

pytestmark = pytest.mark.django_db


WORDS_ALONE = {"accounts"}


def test_the_guide_has_every_chapter_with_a_picture_that_is_there(editor):
    response = editor.get("/admin/guide/")
    html = response.content.decode()
    for chapter, name in CHAPTERS.items():
        assert f'href="#{chapter}"' in html
        assert name in text_of(response)
    pictures = re.findall(r'<img class="shot" src="([^"]+)" alt="[^"]{20,}"', html)
    # static() refuses a file that is not there.
    assert pictures == [static(f"img/guide/{chapter}.webp") for chapter in CHAPTERS if chapter not in WORDS_ALONE]


def test_the_guide_is_for_staff_and_every_page_leads_to_it(client):
    assert client.get("/admin/guide/").status_code == 302
    client.force_login(make_staff_user(username="desk"))
    assert 'href="/admin/guide/"' in client.get("/admin/").content.decode()
    assert client.get("/admin/guide/").status_code == 200
