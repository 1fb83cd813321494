"""Pages that staff wrote, in the search."""

import pytest
from django.contrib.auth.models import User

from clinic_site.core.models import Page
from clinic_site.core.search.pages import PAGES
from tests.factories.search import ask, make_page, titles

pytestmark = pytest.mark.django_db


def test_a_page_is_found_by_its_words_and_not_by_its_tags():
    page = make_page(title="Privacy", body='<h2>Cookies</h2><p>None &amp; <a href="/nowhere/">never</a>.</p>')
    PAGES.index(page)
    (hit,) = ask("cookies").hits
    assert (hit.path, hit.label) == (page.get_absolute_url(), "Page")
    assert hit.snippet == "<mark>Cookies</mark> · None &amp; never."
    assert ask("nowhere").total == 0


def test_a_page_hidden_in_the_admin_is_found_no_more(client):
    client.force_login(User.objects.create_superuser("editor"))
    form = {"title": "Zebrafinch", "slug": "zebra", "summary": "S.", "body": "<p>B.</p>", "position": "0"}
    assert client.post("/admin/core/page/add/", {**form, "is_shown": "on"}).status_code == 302
    assert titles("zebrafinch") == ["Zebrafinch"]
    client.post(f"/admin/core/page/{Page.objects.get().pk}/change/", form)
    assert titles("zebrafinch") == []
