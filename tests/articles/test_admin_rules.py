"""The lists that the clinic can change, and the links that the worker visited."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.claims import uses_of
from articles.launch import missing
from articles.models import CheckedLink, ForbiddenWord, WritingRules
from articles.models.rules import validate_words
from tests.factories.articles import NOW, make_question, make_reference

from .admin_client import errors, save

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_word_is_added_by_staff(staff):
    post = {"words": "  once   in a lifetime ", "instead": "Leave it out.", "level": "warning", "note": ""}
    save(staff, reverse("admin:articles_forbiddenword_add"), post)
    word = ForbiddenWord.objects.get()
    assert (word.words, word.level) == ("once in a lifetime", "warning")
    assert [use.text for use in uses_of([word.words], "A once-in-a-lifetime chance")] == ["once-in-a-lifetime"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("*", "is not a word"),
        ("a*", "would match too many words"),
        ("in*", "would match too many words"),
        ("safe a*", "would match too many words"),
        (".*", "is not a word"),
        ("(cure|heal)", "is not a word"),
        ("cure?", "is not a word"),
        ("cu*re", "is not a word"),
        ("-", "is not a word"),
        ("cure-", "is not a word"),
        ("x\0y", "Null characters are not allowed"),
        ("", "required"),
        ("cure" * 30, "at most 80 characters"),
    ],
)
def test_what_is_no_word_or_would_match_everything_is_refused(staff, words, reason):
    post = {"words": words, "instead": "", "level": "error", "note": ""}
    response = save(staff, reverse("admin:articles_forbiddenword_add"), post, ok=False)
    assert reason in errors(response)


def test_a_word_stands_on_the_list_once(staff):
    ForbiddenWord.objects.create(words="cure")
    post = {"words": "cure", "instead": "", "level": "error", "note": ""}
    save(staff, reverse("admin:articles_forbiddenword_add"), post, ok=False)


@given(st.text(alphabet="ab-*' .(|\\é", min_size=1, max_size=12))
def test_every_entry_that_is_let_in_can_be_searched_for_and_leaves_plain_words_alone(words):
    try:
        validate_words(words)
    except ValidationError:
        return
    entry = " ".join(words.split())
    if entry:
        assert uses_of([entry], entry.replace("*", "x"))
    assert uses_of([entry] if entry else [], "the quick fox") == []


def test_the_rules_are_one_row_that_is_changed_and_never_deleted(staff):
    post = {"longest_sentence": "25", "lowest_grade": "5", "highest_grade": "8", "claim_words": "study\r\nsurvey*"}
    save(staff, reverse("admin:articles_writingrules_add"), post)
    rules = WritingRules.load()
    assert (rules.longest_sentence, rules.claim_word_list) == (25, ("study", "survey*"))
    assert staff.get(reverse("admin:articles_writingrules_add")).status_code == 403
    assert staff.post(reverse("admin:articles_writingrules_delete", args=[1]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lowest_grade": "9", "highest_grade": "6"}, "must not be above the highest"),
        ({"longest_sentence": "0"}, "at least five words"),
        ({"claim_words": "study\n*"}, "is not a word"),
        ({"longest_sentence": "many"}, "whole number"),
    ],
)
def test_rules_that_make_no_sense_are_refused(staff, changes, reason):
    post = {"longest_sentence": "25", "lowest_grade": "5", "highest_grade": "8", "claim_words": "study", **changes}
    response = save(staff, reverse("admin:articles_writingrules_add"), post, ok=False)
    assert reason in errors(response)


def test_there_are_rules_before_anybody_saved_some():
    rules = WritingRules.load()
    assert (rules.longest_sentence, rules.lowest_grade, rules.highest_grade) == (28, 6, 9)
    assert "research*" in rules.claim_word_list


@pytest.fixture
def links():
    make_question(answer='<p><a href="https://broken.example/">a</a></p>')
    make_reference("a", doi="10.1000/x")
    make = CheckedLink.objects.create
    make(url="https://answers.example/", due_at=NOW, checked_at=NOW, status=200)
    make(url="https://new.example/", due_at=NOW)
    make(url="https://wall.example/", due_at=NOW, checked_at=NOW, status=403, problem="It lets no program in.")
    make(url="https://moved.example/", due_at=NOW, checked_at=NOW, moved_to="https://now.example/")
    make(url="https://once.example/", due_at=NOW, checked_at=NOW, first_failed_at=NOW, problem="Gone.")
    make(url="https://broken.example/", due_at=NOW, checked_at=NOW, first_failed_at=NOW - DAY, problem="Gone.")
    make(url="https://doi.org/10.1000/x", due_at=NOW, checked_at=NOW, first_failed_at=NOW - DAY, problem="Gone.")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, {"answers", "new", "wall", "moved", "once", "broken", "doi"}),
        ({"state": "broken"}, {"broken", "doi"}),
        ({"state": "unclear"}, {"wall"}),
        ({"state": "moved"}, {"moved"}),
        ({"state": "new"}, {"new"}),
        ({"q": "wall"}, {"wall"}),
    ],
)
@pytest.mark.usefixtures("links")
def test_links_are_listed_by_how_the_visit_went(staff, query, names):
    response = staff.get(reverse("admin:articles_checkedlink_changelist"), query)
    assert {link.url.split("/")[2].split(".")[0] for link in response.context["cl"].result_list} == names


@pytest.mark.usefixtures("links")
def test_the_list_of_links_says_how_each_is_and_where_it_stands(staff):
    html = staff.get(reverse("admin:articles_checkedlink_changelist")).content.decode()
    for words, times in {
        "field-state\">Broken": 2, "field-state\">Answers<": 1, "Answers, from a new address": 1,
        "field-state\">Could not be checked": 1, "Failed once: it will be tried again": 1,
        "field-state\">Not visited yet": 1, "Question: Question": 1, "Reference: a: On a": 1, "Nowhere any more": 5,
    }.items():  # fmt: skip
        assert html.count(words) == times, words


@pytest.mark.usefixtures("links")
def test_a_link_is_looked_at_and_never_edited(staff):
    link = CheckedLink.objects.get(url="https://broken.example/")
    path = reverse("admin:articles_checkedlink_change", args=[link.pk])
    html = staff.get(path).content.decode()
    assert '<a href="https://broken.example/" rel="noreferrer">' in html
    assert "/admin/articles/question/" in html
    assert staff.post(path, {"url": "https://x.example/"}).status_code == 403
    assert staff.get(reverse("admin:articles_checkedlink_add")).status_code == 403


@pytest.mark.usefixtures("links")
def test_broken_links_are_listed_before_launch():
    (item,) = [item for item in missing(now=NOW) if "other sites" in item.text]
    assert item.text == "2 links to other sites are broken."
    assert item.url == "/admin/articles/checkedlink/?state=broken"
    CheckedLink.objects.filter(url="https://broken.example/").delete()
    assert "1 link to another site is broken." in [item.text for item in missing(now=NOW)]


def test_the_list_of_links_asks_as_often_for_one_as_for_ten(staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(reverse("admin:articles_checkedlink_changelist"))
        return len(captured)

    CheckedLink.objects.create(url="https://x.example/", due_at=NOW)
    queries()
    before = queries()
    for number in range(9):
        CheckedLink.objects.create(url=f"https://{number}.example/", due_at=NOW)
        make_question(answer=f'<p><a href="https://{number}.example/">a</a></p>')
    assert queries() == before
