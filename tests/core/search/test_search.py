"""What is found, in which order, and how it is shown: the same on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic_site.core.models import SearchDocument, SearchWord
from clinic_site.core.search import Match
from clinic_site.core.search.backends import backend
from tests.factories.articles import NOW
from tests.factories.search import ask, index_documents, titles

pytestmark = pytest.mark.django_db

DOCUMENTS = [
    {"title": "PTSD", "summary": "What infusions do.", "body": "Nightmares may ease."},
    {"title": "Depression", "body": "Treatment-resistant depression and Élan vital. It helps some, not all."},
    {"title": "Safety", "summary": "On blood pressure.", "body": "Ketamine can raise blood pressure. Don’t drive."},
    {"title": "The bladder", "body": "Bladder pain after many infusions. Hepatitis C matters too. 50% of them."},
    {
        "title": "Cost",
        "body": "What ketamine costs; the price of one infusion. Ask about stress (PTSD).",
    },
]
# The words that somebody types, and the titles they find, in any order.
AGREED = [
    ("treatment-resistant", {"Depression"}),
    ("treatments resistant", {"Depression"}),
    ("resistance to treatment", {"Depression"}),
    ("don't", {"Safety"}),
    ("dont", {"Safety"}),
    ("don’t drive", {"Safety"}),
    ("ptsd?", {"PTSD", "Cost"}),
    ("PTSD OR", {"PTSD", "Cost"}),
    ("NOT ptsd", {"PTSD", "Cost"}),
    ("-ptsd", {"PTSD", "Cost"}),
    ("(ptsd", {"PTSD", "Cost"}),
    ("C++", {"The bladder"}),
    ("50%", {"The bladder"}),
    ("elan", {"Depression"}),
    ("ÉLAN", {"Depression"}),
    ("infusion", {"PTSD", "The bladder", "Cost"}),
    ("infusions", {"PTSD", "The bladder", "Cost"}),
    ("cost", {"Cost"}),
    ("costs", {"Cost"}),
    ("what does it cost", {"Cost"}),
    ("blood pressures", {"Safety"}),
    ("bladd", {"The bladder"}),
    ("raising pres", {"Safety"}),
    ("zebrafinch", set()),
    ("zebrafinch bladder", {"The bladder"}),
    ("C", {"The bladder"}),
    ("", set()),
    ('"', set()),
    ("*", set()),
    ("🙂", set()),
]


@pytest.fixture
def documents(db):
    index_documents(*DOCUMENTS)


@pytest.mark.parametrize(("typed", "found"), AGREED)
@pytest.mark.usefixtures("documents")
def test_both_databases_find_the_same(typed, found):
    assert set(titles(typed)) == found
    assert ask(typed).total == len(found)


def test_a_title_weighs_more_than_a_summary_and_a_summary_more_than_a_body():
    index_documents(
        {"title": "One", "summary": "Other words", "body": "About sleep, and more on sleep."},
        {"title": "Two", "summary": "About sleep and rest", "body": "Words."},
        {"title": "Sleep", "summary": "Other words", "body": "Words."},
        {"title": "Four", "summary": "Nothing", "body": "Nothing."},
    )
    assert titles("sleep") == ["Sleep", "Two", "One"]


def test_the_order_stays_when_more_is_found_than_bodies_are_read(monkeypatch):
    monkeypatch.setattr(backend().__class__, "MOST_RANKED_BY_BODY", 1, raising=False)
    index_documents(
        {"title": "One", "body": "sleep " * 5}, {"title": "Two", "summary": "On sleep"}, {"title": "Sleep", "body": "x"}
    )
    assert titles("sleep") == ["Sleep", "Two", "One"]


def test_what_is_newer_comes_first_among_equals():
    for days, title in ((3, "Old"), (1, "New"), (2, "Middle")):
        index_documents({"title": title, "body": "On sleep.", "visible_from": NOW - timedelta(days=days)})
    assert titles("sleep") == ["New", "Middle", "Old"]


def test_hits_come_by_the_page_and_are_counted_altogether():
    index_documents(*({"title": f"Sleep {number}"} for number in range(12)))
    first, second = ask("sleep", limit=10), ask("sleep", limit=10, offset=10)
    assert (len(first.hits), len(second.hits), first.total, second.total) == (10, 2, 12, 12)
    assert len({hit.path for hit in first.hits + second.hits}) == 12


def test_a_document_is_found_from_its_first_moment_to_its_last():
    index_documents({"title": "Sleep", "visible_from": NOW, "visible_until": NOW + timedelta(hours=1)})
    second = timedelta(seconds=1)
    for moment, total in (
        (NOW - second, 0),
        (NOW - timedelta(microseconds=1), 0),
        (NOW, 1),
        (NOW + second / 2, 1),
        (NOW + timedelta(hours=1) - second, 1),
        (NOW + timedelta(hours=1), 0),
    ):
        assert ask("sleep", now=moment).total == total, moment


# How it is shown -----------------------------------------------------------------------------


@pytest.mark.usefixtures("documents")
def test_all_forms_of_a_word_are_marked_with_their_accents():
    (hit,) = ask("elan").hits
    assert hit.snippet.startswith("Treatment-resistant depression and <mark>Élan</mark> vital.")
    assert [hit.title for hit in ask("treatments").hits] == ["Depression"]
    assert "<mark>Treatment</mark>-resistant" in ask("treatments").hits[0].snippet
    assert ask("depressions").hits[0].title == "<mark>Depression</mark>"
    assert "<mark>Don’t</mark> drive" in ask("don't").hits[0].snippet


def test_stored_text_is_never_trusted():
    index_documents({"title": "<script>alert(1)</script> sleep", "body": "<img src=x onerror=alert(1)> & sleep < >"})
    (hit,) = ask("sleep").hits
    assert hit.title == "&lt;script&gt;alert(1)&lt;/script&gt; <mark>sleep</mark>"
    assert hit.snippet == "&lt;img src=x onerror=alert(1)&gt; &amp; <mark>sleep</mark> &lt; &gt;"


@pytest.mark.usefixtures("documents")
def test_the_summary_is_shown_when_the_words_stand_only_there_or_in_the_title():
    assert ask("nightmare").hits[0].snippet == "<mark>Nightmares</mark> may ease."
    (first, _) = ask("ptsd").hits
    assert (first.title, first.snippet) == ("<mark>PTSD</mark>", "What infusions do.")


# Did you mean --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("depresion", "depression"),
        ("depression saftey", "depression safety"),
        ("bladdr", "bladder"),
        ("ketmaine", "ketamine"),
        ("cetamine", "ketamine"),
        ("nihgtmare", "nightmares"),
        ("ptsd", None),
        ("bladd", None),
        ("xyzzy", None),
        ("zebrafinch", None),
        ("ptds", None),
    ],
)
@pytest.mark.usefixtures("documents")
def test_did_you_mean(typed, meant):
    index_documents({"title": "Depression and safety"})
    suggestion = ask(typed).did_you_mean
    assert (suggestion and suggestion.text) == meant


def test_words_that_readers_may_not_see_yet_are_not_suggested():
    index_documents({"title": "Zebrafinch", "visible_from": NOW + timedelta(seconds=1)})
    assert ask("zebrafinsh").did_you_mean is None
    assert ask("zebrafin").total == 0
    assert ask("zebrafinsh", now=NOW + timedelta(seconds=1)).did_you_mean.text == "zebrafinch"


@pytest.mark.usefixtures("documents")
def test_what_matches_loosely_says_so():
    assert ask("blood pressure").match is Match.ALL
    assert ask("blood press").match in (Match.ALL, Match.START)  # where it is a stem, all of it matches
    assert ask("blood pressur").total == 1
    assert ask("zebrafinch pressure").match is Match.ANY


# The index -----------------------------------------------------------------------------------


def test_a_document_that_changes_is_found_by_its_new_words_alone():
    index_documents({"key": "1", "title": "Sleep"}, {"key": "1", "title": "Rest"})
    assert (titles("sleep"), titles("rest")) == ([], ["Rest"])
    assert SearchDocument.objects.count() == backend().size() == 1


def test_words_are_kept_once():
    index_documents({"title": "Sleep sleep SLEEP, Élan, ok 12345"}, {"title": "sleep"})
    assert set(SearchWord.objects.values_list("word", flat=True)) == {"sleep", "elan"}


def test_a_text_of_a_megabyte_can_be_indexed():
    index_documents({"title": "Long", "body": " ".join(f"word{number}" for number in range(150_000)) + "x" * 5000})
    assert titles("word7") == ["Long"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_text_breaks_a_query_or_a_document(documents, typed):
    results = ask(typed)
    assert results.total >= len(results.hits)
    index_documents({"key": "any", "title": typed.replace("\0", "")[:200], "body": typed.replace("\0", "")})
    ask(typed)
