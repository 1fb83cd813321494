from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from articles.models import Article, ForbiddenWord, Review
from articles.versions import parts_of_version, record_version, restore, versions_of
from tests.factories.articles import (
    NOW,
    add_callout,
    add_evidence,
    add_figure,
    add_prose,
    make_article,
    make_picture,
    make_review,
    make_topic,
)

pytestmark = pytest.mark.django_db


def article_with_blocks() -> Article:
    article = make_article(title="First title", key_facts="A fact.", published_at=None)
    add_prose(article, "<h2>One</h2><p>First text.</p>")
    add_callout(article, heading="Take care")
    add_evidence(article, "A | B\nc | d")
    add_figure(article, caption="A room.")
    record_version(article=article, by=None, comment="", now=NOW)
    return article


def said(article: Article) -> list[tuple]:
    return [(block.kind, block.texts_html()) for block in Article.objects.get(pk=article.pk).blocks()]


def test_a_version_brings_back_the_text_with_every_block_in_its_order():
    article = article_with_blocks()
    before = said(article)
    article.title, article.slug = "Second title", "moved"
    article.save()
    for block in article.blocks()[:3]:
        block.delete()
    add_prose(article, "<p>Something else.</p>")
    version = versions_of(article).first()

    assert restore(article=article, version=version) == []

    article.refresh_from_db()
    assert (article.title, article.slug) == ("First title", "moved")
    assert said(article) == before


def test_restoring_says_what_is_gone_for_good():
    article = article_with_blocks()
    version = versions_of(article).first()
    figure = article.blocks()[3]
    picture = figure.picture
    figure.delete()
    picture.__class__.objects.filter(pk=picture.pk).delete()
    old_topic = article.topic
    article.topic = make_topic()
    article.save()
    old_topic.delete()
    lost = restore(article=article, version=version)
    assert len(lost) == 2
    assert [kind for kind, _ in said(article)] == ["prose", "callout", "evidence"]


def test_a_version_can_be_read_after_its_blocks_are_gone():
    article = article_with_blocks()
    for block in article.blocks():
        block.delete()
    texts = [part.text for part in parts_of_version(versions_of(article).first())]
    assert texts[:1] == ["First title"]
    assert {"A fact.", "One", "First text.", "Take care", "c", "A room."} <= set(texts)


def test_a_version_is_compared_and_restored_in_the_admin(staff):
    article = article_with_blocks()
    review = make_review(article)
    Article.objects.filter(pk=article.pk).update(title="Second title")
    version = versions_of(article).first()
    path = reverse("admin:articles_version", args=[article.pk, version.pk])
    html = staff.get(path).content.decode()
    assert "<del>First </del><ins>Second </ins>title" in html

    response = staff.post(path, follow=True)

    article.refresh_from_db()
    assert article.title == "First title"
    assert "Restored from" in response.content.decode()
    assert versions_of(article).count() == 2
    # The clinician signed another text than the one that is back.
    assert not Review.objects.get(pk=review.pk).stands


def test_the_version_of_another_article_is_not_found(staff):
    one, other = article_with_blocks(), article_with_blocks()
    path = reverse("admin:articles_version", args=[one.pk, versions_of(other).first().pk])
    assert staff.get(path).status_code == 404
    assert staff.post(path).status_code == 404


def test_a_version_that_readers_must_not_see_is_not_restored(staff):
    ForbiddenWord.objects.create(words="miracle")
    article = make_article(title="Is it?", published_at=NOW - timedelta(days=1))
    block = add_prose(article, "<h2>Why</h2><p>A miracle.</p>")
    record_version(article=article, by=None, comment="", now=NOW)
    block.html = "<h2>Why</h2><p>A plain sentence.</p>"
    block.save()
    path = reverse("admin:articles_version", args=[article.pk, versions_of(article).first().pk])
    response = staff.post(path, follow=True)
    assert "miracle" in " ".join(str(message) for message in response.context["messages"])
    assert said(article) == [("prose", ["<h2>Why</h2><p>A plain sentence.</p>"])]


def test_staff_who_only_see_articles_restore_nothing(client):
    from tests.factories.consults import make_staff_user

    article = article_with_blocks()
    client.force_login(make_staff_user("articles.view_article", username="reader"))
    path = reverse("admin:articles_version", args=[article.pk, versions_of(article).first().pk])
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 403


def test_who_saved_a_version_is_named(staff):
    article = article_with_blocks()
    record_version(article=article, by=User.objects.get(username="editor"), comment="Typing mistakes", now=NOW)
    html = staff.get(reverse("admin:articles_versions", args=[article.pk])).content.decode()
    assert "editor. Typing mistakes" in html


def test_a_picture_of_a_version_is_found_by_its_row():
    article = make_article(published_at=None)
    picture = make_picture(title="A window")
    add_figure(article, picture=picture)
    record_version(article=article, by=None, comment="", now=NOW)
    article.blocks()[0].delete()
    restore(article=article, version=versions_of(article).first())
    assert article.blocks()[0].picture == picture
