from datetime import timedelta

import pytest

from articles.models import Article
from articles.neighbours import RELATED, neighbours
from tests.factories.articles import NOW, make_article, make_topic

pytestmark = pytest.mark.django_db


def make_every_state() -> list[Article]:
    """Articles of two topics in every state, some at the very same moment."""
    topics = [make_topic(), make_topic()]
    moments = [-3, -2, -1, -1, 0, 1]
    made = [
        make_article(
            topic=topics[number % 2],
            published_at=NOW + timedelta(hours=hours),
            withdrawn_at=None if withdrawn is None else NOW + timedelta(hours=withdrawn),
        )
        for number, (hours, withdrawn) in enumerate(
            [(hours, None) for hours in moments] + [(-5, -4), (-5, 0), (-5, 1), (-6, None)]
        )
    ]
    return [*made, make_article(published_at=None), make_article(published_at=None, in_review_since=NOW)]


def test_they_are_among_the_published_and_stand_as_the_list_does():
    articles = make_every_state()
    in_order = list(Article.objects.published(NOW).newest_first())
    assert len(in_order) < len(articles)
    for place, article in enumerate(in_order):
        found = neighbours(article, now=NOW)
        assert found.later == (in_order[place - 1] if place else None)
        assert found.earlier == (in_order[place + 1] if place + 1 < len(in_order) else None)
        others = [other for other in in_order if other != article]
        assert found.related == sorted(others, key=lambda other: other.topic_id != article.topic_id)[:RELATED]


def test_they_know_what_a_card_shows(django_assert_num_queries):
    article = make_article()
    other = make_article(topic=article.topic, is_medical=False)
    (card,) = neighbours(article, now=NOW).related
    with django_assert_num_queries(0):
        shown = [card.title, card.summary, card.is_medical, card.topic.name, card.get_absolute_url(), card.picture_url]
    assert shown == [other.title, other.summary, False, article.topic.name, other.get_absolute_url(), other.picture_url]


def test_an_only_article_has_none():
    found = neighbours(make_article(), now=NOW)
    assert (found.related, found.earlier, found.later) == ([], None, None)
