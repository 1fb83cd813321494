from datetime import date, timedelta

import pytest

from articles.launch import missing
from tests.factories.articles import (
    NOW,
    add_evidence,
    make_article,
    make_question,
    make_reference,
    make_review,
    make_text,
)

pytestmark = pytest.mark.django_db


def texts() -> list[str]:
    return [item.text for item in missing(now=NOW)]


def test_an_empty_site_lacks_articles_and_questions():
    assert texts() == ["No article is published.", "No question is shown."]


def test_nothing_is_missing_when_all_is_done():
    make_reference("a", checked_on=date(2026, 11, 1))
    make_review(make_article(standfirst="Short [@a]."))
    make_article(is_medical=False)
    make_question()
    assert missing(now=NOW) == []


def test_medical_articles_without_a_standing_review_are_counted():
    make_question()
    make_article(published_at=None)
    make_article(published_at=NOW + timedelta(days=1))
    make_article(is_medical=False)
    make_review(make_article(), voided_at=NOW)
    assert texts() == ["1 published medical article is not yet reviewed by a clinician."]
    make_article()
    (item,) = missing(now=NOW)
    assert item.text == "2 published medical articles are not yet reviewed by a clinician."
    assert item.is_urgent
    assert item.url == "/admin/articles/article/?review=none"


def test_reviews_past_their_date_are_counted_from_the_day_after():
    make_question()
    make_review(make_article(), reviewed_on=date(2025, 11, 25), next_due_on=date(2026, 11, 25))
    assert texts() == []
    make_review(make_article(), reviewed_on=date(2025, 11, 24), next_due_on=date(2026, 11, 24))
    assert texts() == ["1 article is past the date of the next review."]


def test_cited_sources_that_nobody_compared_or_that_are_gone_are_named():
    make_review(make_article(standfirst="Short [@unchecked]."))
    article = make_article(is_medical=False)
    add_evidence(article, "A | B\nc [@gone] | d")
    make_question(answer="<p>So [@checked].</p>")
    make_text("risks", "<p>Risk [@vanished] [@other].</p>")
    make_reference("checked", checked_on=date(2026, 11, 1))
    for key in ("unchecked", "other", "never_cited"):
        make_reference(key)
    assert texts() == [
        "2 cited references are not yet compared with the source itself.",
        "Cited but not among the references: gone, vanished.",
    ]
