"""Two people at one article, and changes that readers must not see: nothing typed is lost."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from articles.models import Article, ForbiddenWord, ProseBlock
from articles.versions import versions_of
from tests.factories.articles import add_prose, make_article, make_review

from .admin_client import errors
from .test_admin import CHANGELIST, article_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db) -> Client:
    """A second browser, in which somebody else is signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    return client


def change(article: Article) -> str:
    return f"{CHANGELIST}{article.pk}/change/"


def post_of(article: Article, *blocks: tuple[ProseBlock | None, str], **changes) -> dict:
    rows = [("prose", {**({"id": block.pk} if block else {}), "html": html}) for block, html in blocks]
    fields = {"title": article.title, "slug": article.slug, "standfirst": "Short.", "key_facts": "", **changes}
    return article_post(topic=article.topic, article=article, blocks=rows, **fields)


def resent(response, post: dict) -> dict:
    """Return `post` as the browser sends it again from the page it was given."""
    form = response.context["adminform"].form
    return {**post, "seen_at": form["seen_at"].value()}


def test_the_later_save_is_refused_with_both_texts_and_can_then_be_saved(staff, other):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>Once.</p>")
    theirs = post_of(article, (block, "<p>Once, said Ann.</p>"))
    mine = post_of(article, (block, "<p>Once, said I.</p>"), summary="My summary.")
    assert other.post(change(article), theirs).status_code == 302

    response = staff.post(change(article), mine)

    html = response.content.decode()
    assert "ann has saved this article since you opened it" in errors(response)
    assert "<del>Ann.</del><ins>I.</ins>" in html.replace(" </", "</").replace("\n", "")
    assert "My summary." in html
    assert article.blocks()[0].html == "<p>Once, said Ann.</p>"
    assert staff.post(change(article), resent(response, mine)).status_code == 302
    assert article.blocks()[0].html == "<p>Once, said I.</p>"
    # What the other wrote is kept as a version.
    assert versions_of(article).count() == 3


def test_a_block_that_somebody_deleted_meanwhile_is_not_lost(staff, other):
    article = make_article(published_at=None, standfirst="Short.")
    first, second = add_prose(article, "<p>First.</p>"), add_prose(article, "<p>Second.</p>")
    mine = post_of(article, (first, "<p>First, longer.</p>"), (second, "<p>Second, longer.</p>"))
    theirs = post_of(article, (first, "<p>First.</p>"), (second, "<p>Second.</p>"))
    theirs["articles_proseblock_set-0-DELETE"] = "on"
    assert other.post(change(article), theirs).status_code == 302
    assert [block.html for block in article.blocks()] == ["<p>Second.</p>"]

    response = staff.post(change(article), mine)
    assert "First, longer." in response.content.decode()
    assert staff.post(change(article), resent(response, mine)).status_code == 302
    assert [block.html for block in article.blocks()] == ["<p>First, longer.</p>", "<p>Second, longer.</p>"]


def test_a_block_that_somebody_added_meanwhile_stays(staff, other):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>First.</p>")
    mine = post_of(article, (block, "<p>First, longer.</p>"))
    other.post(change(article), post_of(article, (block, "<p>First.</p>"), (None, "<p>Added by Ann.</p>")))
    response = staff.post(change(article), mine)
    assert "Added by Ann." in response.content.decode()
    staff.post(change(article), resent(response, mine))
    assert {block.html for block in article.blocks()} == {"<p>First, longer.</p>", "<p>Added by Ann.</p>"}


def test_publishing_meanwhile_is_no_conflict(staff):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>First.</p>")
    post = post_of(article, (block, "<p>First, longer.</p>"))
    Article.objects.filter(pk=article.pk).update(published_at=timezone.now())
    assert staff.post(change(article), post).status_code == 302


@pytest.mark.parametrize("wait", [timedelta(days=-1), timedelta(days=1)], ids=["published", "scheduled"])
def test_an_article_before_readers_eyes_is_not_saved_with_an_error(staff, wait):
    ForbiddenWord.objects.create(words="miracle")
    article = make_article(published_at=timezone.now() + wait, standfirst="Short.")
    block = add_prose(article, "<h2>Why</h2><p>Plain words.</p>")
    post = post_of(article, (block, "<h2>Why</h2><p>A miracle, they say.</p>"), summary="Another summary.")
    response = staff.post(change(article), post)
    assert response.status_code == 200
    assert "miracle" in errors(response)
    html = response.content.decode()
    assert "A miracle, they say." in html
    assert "Another summary." in html
    assert article.blocks()[0].html == "<h2>Why</h2><p>Plain words.</p>"
    article.refresh_from_db()
    assert article.summary != "Another summary."


def test_an_error_that_was_there_before_holds_up_no_correction(staff):
    article = make_article(published_at=timezone.now(), standfirst="Short.")
    block = add_prose(article, "<h2>Why</h2><p>Seen in 40 people.</p>")
    post = post_of(article, (block, "<h2>Why</h2><p>Seen in 40 people.</p><p>Bring somebody along.</p>"))
    assert staff.post(change(article), post).status_code == 302


def test_a_draft_is_saved_with_whatever_it_says_or_lacks(staff):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>Plain words.</p>")
    post = post_of(article, (block, "<p>A miracle.</p>"), summary="", standfirst="", key_facts="")
    assert staff.post(change(article), post).status_code == 302
    assert article.blocks()[0].html == "<p>A miracle.</p>"


def test_typing_mistakes_leave_the_review_standing(staff):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>Plane words.</p>")
    review = make_review(article)
    staff.post(change(article), post_of(article, (block, "<p>Plain words.</p>"), only_typos="on"))
    review.refresh_from_db()
    assert review.stands
    assert versions_of(article).first().revision.comment == "Typing mistakes corrected"


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999999999999999", "१"])
def test_a_mangled_form_is_refused_without_a_fault(staff, number):
    article = make_article(published_at=None, standfirst="Short.")
    block = add_prose(article, "<p>First.</p>")
    post = post_of(article, (block, "<p>Longer.</p>"))
    for name in ("articles_proseblock_set-TOTAL_FORMS", "articles_proseblock_set-0-id", "seen_at"):
        response = staff.post(change(article), {**post, name: number})
        assert response.status_code in (200, 302)
    assert article.blocks()
