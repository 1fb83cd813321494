"""The admin's content security policy: strict, and wider than the public one only where the editors need it."""

import pytest
from django.urls import reverse

from tests.factories.locations import make_location

pytestmark = pytest.mark.django_db


def policy(response) -> dict[str, list[str]]:
    header = response.headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in header.split("; "))}


def test_the_admin_allows_the_editors_a_nonce_and_two_styles(manager):
    make_location()
    response = manager.get("/admin/core/page/add/")
    found = policy(response)
    (nonce,) = (source for source in found["script-src"] if source.startswith("'nonce-"))
    assert set(found["script-src"]) == {"'self'", nonce}
    assert [source[:8] for source in found["style-src"]] == ["'self'", "'sha256-", "'sha256-"]
    html = response.content.decode()
    assert f'<script type="importmap" nonce="{nonce[7:-1]}">' in html
    assert "no-store" in response.headers["Cache-Control"]


def test_no_nonce_is_made_for_pages_without_an_editor(manager):
    for path in ("/admin/", "/admin/core/page/", "/admin/consults/recipient/add/"):
        assert policy(manager.get(path))["script-src"] == ["'self'"]


def test_every_nonce_is_new(manager):
    first, second = (policy(manager.get("/admin/core/page/add/"))["script-src"] for _ in range(2))
    assert first != second


def test_nothing_else_is_wider_than_on_public_pages(manager):
    public, admin = policy(manager.get("/")), policy(manager.get("/admin/"))
    changed = {name for name in public | admin if public.get(name) != admin.get(name)}
    assert changed == {"style-src", "img-src", "require-trusted-types-for", "trusted-types"}
    assert policy(manager.get("/admin/nowhere/")) == public
    for value in (*admin["script-src"], *admin["style-src"]):
        assert "unsafe" not in value


def test_the_sign_in_page_has_the_public_policy(client):
    assert policy(client.get(reverse("account_login"))) == {**policy(client.get("/")), "img-src": ["'self'", "data:"]}


def test_pages_carry_no_inline_style_and_no_inline_script(manager):
    for path in ("/admin/", "/admin/core/page/add/", "/admin/consults/consultrequest/", "/admin/auth/user/add/"):
        html = manager.get(path).content.decode()
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<style" not in html
