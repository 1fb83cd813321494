"""A27: an address that changed leads on in one step, never in a circle, never to another host."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles.models import Article
from clinic_site.core.models import Page, Redirect
from clinic_site.core.redirects import is_own_path, record_move, record_removal
from tests.caching import PUBLIC
from tests.factories.articles import NOW, make_article, make_topic

pytestmark = pytest.mark.django_db


def moved(article: Article, slug: str) -> None:
    """Give an article another address, as the admin does."""
    old_path = article.get_absolute_url()
    article.slug = slug
    article.save()
    record_move(old_path=old_path, new_path=article.get_absolute_url(), now=NOW)


def row(old_path: str, new_path: str, **fields) -> Redirect:
    return Redirect.objects.create(old_path=old_path, new_path=new_path, created_at=NOW, **fields)


def goes_to(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 301, (path, response.status_code)
    return response.headers["Location"]


# The case, step by step ----------------------------------------------------------------------


def test_a27_every_old_address_is_one_step_from_the_page(client):
    article = make_article(slug="a", published_at=timezone.now() - timedelta(days=1))
    moved(article, "b")
    moved(article, "c")
    for old in ("/articles/a/", "/articles/b/"):
        assert goes_to(client, f"{old}?utm_source=x") == "/articles/c/?utm_source=x"
        assert goes_to(client, old) == "/articles/c/"
    assert client.get("/articles/c/?utm_source=x").status_code == 200

    moved(article, "a")  # and back again
    assert client.get("/articles/a/").status_code == 200
    for old in ("/articles/b/", "/articles/c/"):
        assert goes_to(client, old) == "/articles/a/"
    assert not Redirect.objects.filter(old_path="/articles/a/").exists()

    path = article.get_absolute_url()
    article.delete()
    record_removal(path=path, now=NOW)
    for old in ("/articles/a/", "/articles/b/", "/articles/c/"):
        response = client.get(f"{old}?utm_source=x")
        assert response.status_code == 410
        assert "Location" not in response.headers
        assert "This page was removed" in response.content.decode()

    other = make_article(slug="b", published_at=timezone.now() - timedelta(days=1))
    assert client.get("/articles/b/").context["article"] == other
    assert client.get("/articles/a/").status_code == 410
    moved(other, "d")
    assert goes_to(client, "/articles/b/") == "/articles/d/"
    assert client.get("/articles/c/").status_code == 410


def test_a27_a_page_that_is_there_wins_over_a_redirect_and_costs_no_query(client):
    article = make_article(slug="here", published_at=timezone.now() - timedelta(days=1))
    with CaptureQueriesContext(connection) as queries:
        client.get("/articles/here/")
    assert not [query for query in queries if "redirect" in query["sql"]]
    row("/articles/here/", "/articles/")
    assert client.get("/articles/here/").context["article"] == article


def test_a27_a_new_title_leaves_the_address_as_it_is(client):
    article = make_article(slug="stays", published_at=timezone.now() - timedelta(days=1))
    article.title = "Another title altogether"
    article.save()
    assert client.get("/articles/stays/").status_code == 200
    assert not Redirect.objects.exists()


def test_a27_a_draft_that_is_renamed_leaves_no_trace(client):
    draft = make_article(slug="secret-plan", published_at=None)
    row("/articles/once-public/", "/articles/secret-plan/")
    record_move(old_path="/articles/secret-plan/", new_path="/articles/new-plan/", now=NOW, was_public=False)
    assert client.get("/articles/secret-plan/").status_code == 404
    assert Redirect.objects.get().new_path == "/articles/new-plan/"
    record_removal(path="/articles/new-plan/", now=NOW, was_public=False)
    assert [(each.old_path, each.new_path) for each in Redirect.objects.all()] == [("/articles/once-public/", "")]
    assert draft.pk


PATHS = [f"/{letter}/" for letter in "abcde"]


class AnyHistory(TestCase):
    """Whatever is moved and removed in whatever order, no row leads to an address that has a row."""

    @given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([*PATHS, ""])), max_size=25))
    def test_a27_no_history_makes_a_chain_or_a_loop(self, history):
        Redirect.objects.all().delete()
        for old_path, new_path in history:
            if new_path:
                record_move(old_path=old_path, new_path=new_path, now=NOW)
            else:
                record_removal(path=old_path, now=NOW)
        rows = dict(Redirect.objects.values_list("old_path", "new_path"))
        assert all(new_path not in rows for new_path in rows.values() if new_path)


# What is answered ----------------------------------------------------------------------------


def test_an_address_without_its_slash_is_one_step_away_too(client):
    row("/old/", "/articles/")
    assert goes_to(client, "/old") == "/articles/"
    assert goes_to(client, "/old?a=1&b=%20") == "/articles/?a=1&b=%20"
    row("/old-file.html", "/questions/")
    assert goes_to(client, "/old-file.html") == "/questions/"


def test_only_readers_are_sent_on_and_only_for_a_minute(client):
    row("/articles/old/", "/articles/")
    assert client.head("/articles/old/").status_code == 301
    assert client.post("/articles/old/").status_code == 405
    assert client.post("/old/elsewhere/").status_code == 404
    response = client.get("/articles/old/")
    assert response.headers["Cache-Control"] == PUBLIC
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example/",
        "evil",
        "/a\r\nSet-Cookie: x=1",
        "/\t/evil.example/",
    ],
)
def test_a_bad_row_leads_nowhere_and_breaks_nothing(client, target):
    row("/old/", target)
    response = client.get("/old/")
    assert response.status_code == 404
    assert "Location" not in response.headers


@pytest.mark.parametrize("path", ["/%00/", "/x%00y/z/", "/" + "x" * 3000 + "/", "/%ff/%fe/", "/a%0d%0ab/", "/old/%00"])
def test_strange_addresses_stay_unknown(client, path):
    row("/old/", "/articles/")
    assert client.get(path).status_code == 404


def test_a_query_cannot_leave_the_header(client):
    row("/old/", "/articles/")
    assert goes_to(client, "/old/?a=%0d%0aX-Evil:%201") == "/articles/?a=%0d%0aX-Evil:%201"


def test_a_database_that_fails_takes_nothing_away_from_a_page_not_found(client, monkeypatch):
    from django.db import InterfaceError

    def fail(*args, **kwargs):
        raise InterfaceError

    monkeypatch.setattr(Redirect.objects, "filter", fail)
    assert client.get("/unknown/page/").status_code == 404


def test_the_database_refuses_a_row_that_leads_to_itself():
    with pytest.raises(IntegrityError), transaction.atomic():
        row("/a/", "/a/")


def test_own_paths_are_plain_paths_of_this_site():
    for path in ("/", "/about/", "/articles/a/", "/old-file.html", "/caf\u00e9/"):
        assert is_own_path(path), path
    for path in ("", "about/", "//x/", "/\\x", "/a?b", "/a#b", "/a\nb", "/a\0b", "http://x/", "/a\\b"):
        assert not is_own_path(path), path


# In the admin --------------------------------------------------------------------------------


@pytest.fixture
def staff(client):
    from django.contrib.auth.models import User

    client.force_login(User.objects.create_superuser("manager"))
    return client


def page_post(slug: str) -> dict:
    return {"title": "About", "slug": slug, "summary": "Who.", "body": "<p>We.</p>", "is_shown": "on", "position": "1"}


def test_a27_pages_leave_their_old_addresses_behind_in_the_admin(staff):
    staff.post("/admin/core/page/add/", page_post("a"))
    page = Page.objects.get()
    change = f"/admin/core/page/{page.pk}/change/"
    for slug in ("b", "c"):
        assert staff.post(change, page_post(slug)).status_code == 302
    assert [goes_to(staff, f"/{slug}/?utm_source=x") for slug in "ab"] == ["/c/?utm_source=x"] * 2
    staff.post(change, page_post("a"))
    assert (staff.get("/a/").status_code, goes_to(staff, "/b/"), goes_to(staff, "/c/")) == (200, "/a/", "/a/")
    staff.post(change, {**page_post("a"), "title": "A new title"})
    assert Redirect.objects.count() == 2
    staff.post(f"/admin/core/page/{page.pk}/delete/", {"post": "yes"})
    assert [staff.get(f"/{slug}/").status_code for slug in "abc"] == [410, 410, 410]
    staff.post("/admin/core/page/add/", page_post("b"))
    assert [staff.get(f"/{slug}/").status_code for slug in "abc"] == [410, 200, 410]


def test_several_pages_deleted_at_once_are_all_gone(staff):
    pages = [Page.objects.create(title=slug, slug=slug, summary="x", body="<p>x</p>") for slug in ("one", "two")]
    hidden = Page.objects.create(title="h", slug="hidden", summary="x", body="<p>x</p>", is_shown=False)
    keys = [page.pk for page in (*pages, hidden)]
    staff.post("/admin/core/page/", {"action": "delete_selected", "_selected_action": keys, "post": "yes"})
    assert not Page.objects.exists()
    assert [staff.get(f"/{slug}/").status_code for slug in ("one", "two", "hidden")] == [410, 410, 404]


def test_topics_and_clinics_leave_their_old_addresses_behind(staff):
    from tests.factories.locations import make_location

    topic = make_topic(name="Safety", slug="safety")
    staff.post(f"/admin/articles/topic/{topic.pk}/change/", {"name": "Safety", "slug": "risks", "position": "0"})
    assert goes_to(staff, "/articles/topics/safety/?page=2") == "/articles/topics/risks/?page=2"
    staff.post(f"/admin/articles/topic/{topic.pk}/delete/", {"post": "yes"})
    assert staff.get("/articles/topics/safety/").status_code == 410

    location = make_location(slug="birmingham")
    fields = ("name", "street", "city", "state", "postal_code", "phone", "position")
    post = {**{name: str(getattr(location, name)) for name in fields}, "slug": "vestavia", "is_active": "on"}
    for prefix in ("hours", "closures", "photos"):
        post |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    assert staff.post(f"/admin/locations/location/{location.pk}/change/", post).status_code == 302
    assert goes_to(staff, "/locations/birmingham/") == "/locations/vestavia/"


ADD = "/admin/core/redirect/add/"


def test_a_redirect_is_entered_by_hand(staff):
    row("/older/", "/old/")
    post = {"old_path": " http://clinic.example/old/ ", "new_path": "/articles/"}
    assert staff.post(ADD, post).status_code == 302
    assert goes_to(staff, "/old/") == goes_to(staff, "/older/") == "/articles/"
    assert Redirect.objects.get(old_path="/old/").is_manual
    assert staff.post(ADD, {"old_path": "/caf%C3%A9/", "new_path": ""}).status_code == 302
    assert staff.get("/caf%C3%A9/").status_code == 410
    page = staff.get("/admin/core/redirect/").content.decode()
    assert "removed (410)" in page


@pytest.mark.parametrize(
    ("old_path", "new_path", "words"),
    [
        ("old/", "/articles/", "from the first slash on"),
        ("/old/", "articles/", "from the first slash on"),
        ("/old/", "https://evil.example/", "from the first slash on"),
        ("/old/", "//evil.example/", "Only a plain address on this site"),
        ("/old/", "/\\evil.example/", "Only a plain address on this site"),
        ("/old/?p=1", "/articles/", "Only a plain address on this site"),
        ("/old/", "/articles/\r\nX: y/", "Only a plain address on this site"),
        ("/old%0d%0a/", "/articles/", "Only a plain address on this site"),
        ("/admin/login/", "/articles/", "Addresses of the admin"),
        ("/old/", "/admin/", "Addresses of the admin"),
        ("/old/", "/no/such/page/", "This site has no page at /no/such/page/"),
        ("/same/", "/same/", "round in circles"),
        ("/articles/", "/taken/", "round in circles"),
        ("/old/", "/taken/", "/taken/ is itself sent on to /articles/"),
        ("/old/", "/gone/", "/gone/ is itself marked as removed"),
        ("/taken/", "/questions/", "already exists"),
        ("/x\0/", "/articles/", "Null characters"),
        ("/" + "x" * 300 + "/", "/articles/", "at most 255 characters"),
    ],
)
def test_a_redirect_that_cannot_work_is_refused_in_words(staff, old_path, new_path, words):
    row("/taken/", "/articles/")
    row("/gone/", "")
    response = staff.post(ADD, {"old_path": old_path, "new_path": new_path})
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert words in str(errors.as_data())
    assert Redirect.objects.count() == 2
