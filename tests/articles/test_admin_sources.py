from datetime import date

import pytest
from django.urls import reverse

from articles.models import Question, Reference
from tests.factories.articles import (
    add_prose,
    make_article,
    make_question,
    make_reference,
    make_review,
    make_text,
)

from .admin_client import errors, save

pytestmark = pytest.mark.django_db


def test_a_source_shows_where_it_is_cited_and_stays_while_it_is(staff):
    reference = make_reference("doe2020")
    article = make_article(title="Is <it>?", standfirst="X [@doe2020].")
    add_prose(article, "<p>Y [@doe2020].</p>")
    question = make_question(answer="<p>Z [@doe2020].</p>")
    text = make_text("risks", "<p>R [@doe2020].</p>")
    make_article(standfirst="X [@doe2020b].")
    path = reverse("admin:articles_reference_change", args=[reference.pk])

    html = staff.get(path).content.decode()

    assert html.count("Article: Is &lt;it&gt;?") == 1
    assert "Article: Article" not in html
    for owner, app in ((article, "articles"), (question, "articles"), (text, "core")):
        assert reverse(f"admin:{app}_{owner._meta.model_name}_change", args=[owner.pk]) in html
    assert (
        staff.post(reverse("admin:articles_reference_delete", args=[reference.pk]), {"post": "yes"}).status_code == 403
    )
    staff.post(
        reverse("admin:articles_reference_changelist"),
        {"action": "delete_selected", "_selected_action": [reference.pk]},
    )
    assert Reference.objects.filter(pk=reference.pk).exists()


def test_a_source_that_nobody_cites_can_go_and_a_key_never_changes(staff):
    reference = make_reference("doe2020")
    path = reverse("admin:articles_reference_change", args=[reference.pk])
    assert "Nowhere" in staff.get(path).content.decode()
    save(staff, path, {"key": "other", "title": "New title", "doi": "https://doi.org/10.1000/x"})
    reference.refresh_from_db()
    assert (reference.key, reference.title, reference.doi) == ("doe2020", "New title", "10.1000/x")
    save(staff, reverse("admin:articles_reference_delete", args=[reference.pk]), {"post": "yes"})
    assert not Reference.objects.exists()


def test_a_source_is_added_and_a_bad_key_refused(staff):
    path = reverse("admin:articles_reference_add")
    save(staff, path, {"key": "Doe 2020", "title": "T"}, ok=False)
    save(staff, path, {"key": "doe2020", "title": "T"})
    assert Reference.objects.get().authors == ""


def test_sources_that_were_never_checked_are_listed(staff):
    make_reference("checked", checked_on=date(2026, 11, 1))
    make_reference("unchecked")
    for query, keys in (
        ({"checked": "no"}, ["unchecked"]),
        ({"checked": "yes"}, ["checked"]),
        ({}, ["checked", "unchecked"]),
    ):
        listed = staff.get(reverse("admin:articles_reference_changelist"), query).context["cl"].result_list
        assert [reference.key for reference in listed] == keys


def test_questions_and_topics_are_written(staff):
    question = {"question": "Why?", "slug": "why", "group": "about", "answer": "<p>So.<u>x</u></p>", "position": "1"}
    save(staff, reverse("admin:articles_question_add"), {**question, "is_shown": "on"})
    assert Question.objects.get().answer == "<p>So.x</p>"
    save(staff, reverse("admin:articles_topic_add"), {"name": "Safety", "slug": "safety", "position": "1"})
    assert "Safety" in staff.get(reverse("admin:articles_topic_changelist")).content.decode()


def test_a_question_cannot_have_an_address_that_the_page_uses_itself(staff):
    question = {"question": "Why?", "slug": "main", "group": "about", "answer": "<p>So.</p>", "position": "1"}
    response = save(staff, reverse("admin:articles_question_add"), question, ok=False)
    assert "Choose another address." in errors(response)


def test_a_review_is_a_record_that_nobody_writes_or_edits_in_the_admin(staff):
    review = make_review(make_article())
    path = reverse("admin:articles_review_change", args=[review.pk])
    assert staff.get(path).status_code == 200
    assert staff.post(path, {"credential": "PhD"}).status_code == 403
    assert staff.post(reverse("admin:articles_review_delete", args=[review.pk]), {"post": "yes"}).status_code == 403
    assert staff.get(reverse("admin:articles_review_add")).status_code == 403
    review.refresh_from_db()
    assert review.credential == "MD"


def test_a_review_is_made_void_from_the_list(staff):
    review = make_review(make_article())
    path = reverse("admin:articles_review_changelist")
    staff.post(path, {"action": "void", "_selected_action": [review.pk]})
    review.refresh_from_db()
    assert not review.stands
