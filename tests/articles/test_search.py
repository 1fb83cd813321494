"""Articles and questions in the search: what of them is found, from when on, and that admin and loader tell it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Question
from articles.search import ARTICLES, QUESTIONS, index_article, remove_article
from clinic_site.core.models import SearchDocument
from tests.factories.articles import (
    NOW,
    add_callout,
    add_evidence,
    add_figure,
    add_prose,
    make_article,
    make_question,
    make_topic,
)
from tests.factories.search import ask, titles

pytestmark = pytest.mark.django_db


def test_every_text_of_an_article_is_found_without_its_citation_marks():
    article = make_article(
        title="Titular", summary="Summarized.", standfirst="Standing [@doe2020].", key_facts="Factual [@doe2020]."
    )
    add_prose(article, "<h2>Heading</h2><p>Prosaic [@doe2020].</p><script>scripted</script>")
    add_callout(article, heading="Boxed", html="<p>Called</p>")
    add_evidence(article, "Column | Other\nCelled | More", caption="Captioned", note="Noted")
    add_figure(article, caption="Figured")
    index_article(article)
    for word in [
        "titular",
        "summarized",
        "standing",
        "factual",
        "heading",
        "prosaic",
        "boxed",
        "called",
        "celled",
        "captioned",
        "noted",
        "figured",
    ]:
        assert [hit.path for hit in ask(word).hits] == [article.get_absolute_url()], word
    assert ask("doe2020").total == ask("scripted").total == 0
    (hit,) = ask("titular").hits
    assert (hit.kind, hit.key, hit.label) == ("article", str(article.pk), f"Article: {article.topic.name}")


def test_a25_a_scheduled_article_is_found_at_its_minute_to_the_second_without_any_job():
    # 9 am in Alabama, as the admin's form reads it.
    nine = datetime(2026, 6, 1, 14, tzinfo=UTC)
    index_article(make_article(title="Zebrafinch", published_at=nine))
    assert ask("zebrafinch", now=nine - timedelta(seconds=1)).total == 0
    assert ask("zebrafinch", now=nine).total == 1


def test_a26_a_draft_leaves_no_trace_in_the_search(client):
    article = make_article(title="Zebrafinch", published_at=None, summary="zebrafinch", standfirst="zebrafinch")
    index_article(article)
    assert not SearchDocument.objects.exists()
    with time_machine.travel(NOW, tick=False):
        for typed in ("zebrafinch", "zebrafin", "zebrafinsh"):
            response = client.get("/search/", {"q": typed})
            page = response.content.decode().replace(f"“{typed}”", "").replace(f'value="{typed}"', "")
            assert response.context["results"].total == 0
            assert "zebrafinch" not in page.lower(), typed


def test_a26_an_article_set_back_to_draft_or_deleted_is_found_no_more():
    article = make_article(title="Zebrafinch")
    index_article(article)
    assert titles("zebrafinch") == ["Zebrafinch"]
    article.published_at = None
    article.save()
    index_article(article)
    assert titles("zebrafinch") == []
    article.published_at = NOW
    article.save()
    index_article(article)
    key = article.pk
    article.delete()
    remove_article(key)
    assert titles("zebrafinch") == []
    assert ask("zebrafinsh").did_you_mean is None


def test_a26_a_withdrawn_article_is_found_until_it_is_withdrawn():
    index_article(make_article(title="Zebrafinch", withdrawn_at=NOW))
    assert ask("zebrafinch", now=NOW - timedelta(seconds=1)).total == 1
    assert ask("zebrafinch", now=NOW).total == 0


def test_a_question_leads_to_its_place_on_the_page():
    question = make_question(question="Does it hurt?", answer="<p>Barely [@doe2020].</p>")
    QUESTIONS.index(question)
    (hit,) = ask("barely").hits
    assert (hit.path, hit.label, hit.title) == (question.get_absolute_url(), "Question", "Does it hurt?")
    Question.objects.update(is_shown=False)
    QUESTIONS.index(question)
    assert ask("barely").total == 0


def test_indexing_many_articles_takes_as_many_queries_as_one():
    def queries_for(*articles) -> int:
        with CaptureQueriesContext(connection) as queries:
            ARTICLES.index(*articles)
        return len(queries)

    articles = [make_article() for _ in range(5)]
    for article in articles:
        add_prose(article)
    assert queries_for(*articles) - queries_for(articles[0]) <= 4  # one statement for each row of the index


# In the admin --------------------------------------------------------------------------------


def test_a_question_written_hidden_and_deleted_in_the_admin(staff):
    form = {"question": "Zebrafinch?", "slug": "z", "group": "about", "answer": "<p>No.</p>", "position": "1"}
    assert staff.post("/admin/articles/question/add/", {**form, "is_shown": "on"}).status_code == 302
    assert titles("zebrafinch") == ["Zebrafinch?"]
    question = Question.objects.get()
    staff.post(f"/admin/articles/question/{question.pk}/change/", {**form, "question": "Sparrow?", "is_shown": "on"})
    assert (titles("zebrafinch"), titles("sparrow")) == ([], ["Sparrow?"])
    staff.post(f"/admin/articles/question/{question.pk}/change/", {**form, "question": "Sparrow?"})
    assert titles("sparrow") == []
    staff.post(f"/admin/articles/question/{question.pk}/change/", {**form, "is_shown": "on"})
    staff.post(f"/admin/articles/question/{question.pk}/delete/", {"post": "yes"})
    assert titles("zebrafinch") == []


def test_questions_deleted_together_are_forgotten_together(staff):
    questions = [make_question(question=f"Zebrafinch {number}?") for number in range(2)]
    QUESTIONS.index(*questions)
    post = {"action": "delete_selected", "_selected_action": [question.pk for question in questions], "post": "yes"}
    staff.post("/admin/articles/question/", post)
    assert not Question.objects.exists()
    assert titles("zebrafinch") == []


def test_a_renamed_topic_stands_beside_its_articles(staff):
    topic = make_topic(name="Old name")
    index_article(make_article(title="Zebrafinch", topic=topic))
    form = {"name": "New name", "slug": topic.slug, "summary": "", "position": "0"}
    assert staff.post(f"/admin/articles/topic/{topic.pk}/change/", form).status_code == 302
    assert ask("zebrafinch").hits[0].label == "Article: New name"
