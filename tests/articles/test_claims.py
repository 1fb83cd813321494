import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from articles.claims import paragraphs_lacking_citation, sentence_around, uses_of
from articles.models import WritingRules
from clinic_site.content_loader import FOLDER

LISTED = [entry["words"] for entry in yaml.safe_load((FOLDER / "forbidden_words.yaml").read_text(encoding="utf-8"))]
CLAIM_WORDS = WritingRules().claim_word_list


def found(text: str, entries: list[str] = LISTED) -> list[str]:
    return [use.text for use in uses_of(entries, text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ketamine cures depression.", ["cures"]),
        ("It is not a CURE, and no <em>miracle</em>.", ["CURE", "miracle"]),
        ("A game-changer, gamechanger, game changer", ["game-changer", "gamechanger", "game changer"]),
        ("Breakthroughs and a breakthrough", ["Breakthroughs", "breakthrough"]),
        ("safe and <strong>effective</strong>", ["safe and effective"]),
        ("<p>safe and</p> <p>effective</p>", ["safe and effective"]),
        ("safe&nbsp;and effective", ["safe and effective"]),
        ("FDA-approved ketamine, FDA approved ketamine", ["FDA-approved ketamine", "FDA approved ketamine"]),
        ("We guaranteed it", ["guaranteed"]),
        ("He committed suicide", ["committed suicide"]),
        ("secure, obscured, accuracy, curette, addiction, improvement, unproven, addictive", []),
        ("", []),
    ],
)
def test_words_no_page_may_use_are_found(text, words):
    assert found(text) == words


# What the editorial rules forbid, each as a text that has it.
FORBIDDEN = [
    "cure", "cures", "cured", "miracle", "game-changer", "gamechanger", "breakthrough", "revolutionize",
    "revolutionise", "promising", "guarantee", "risk-free", "safe and effective", "completely safe", "nonaddictive",
    "non-addictive", "no side effects", "FDA approved ketamine", "FDA-approved ketamine", "HIPAA compliant",
    "HIPAA-compliant",
    "instant relief", "instantly relief", "success rate", "proven", "commit suicide", "committed suicide", "addict",
    "addicts", "sufferer", "sufferers", "treatment arsenal", "hope for", "best ketamine", "leading clinic",
    "manic phases",
]  # fmt: skip


def test_the_list_holds_what_the_editorial_rules_forbid_and_nothing_else():
    assert [found(f"So {words}, then.") for words in FORBIDDEN] == [[words] for words in FORBIDDEN]
    matched = {use.entry for words in FORBIDDEN for use in uses_of(LISTED, words)}
    assert matched == set(LISTED)


def test_a_use_says_which_entry_found_it_and_in_which_sentence():
    html = "<p>It is new. Some call it a <b>game changer</b>, wrongly [@a]. Nobody knows.</p>"
    (use,) = uses_of(["game-changer*", "new age"], html)
    assert (use.text, use.entry) == ("game changer", "game-changer*")
    assert use.sentence == "Some call it a game changer, wrongly."


def test_the_longer_of_two_entries_wins_and_an_empty_list_finds_nothing():
    assert [use.entry for use in uses_of(["safe", "completely safe"], "It is completely safe.")] == ["completely safe"]
    assert uses_of([], "cure") == []
    assert [*found("don’t stop", ["don't stop"]), *found("don't stop", ["don’t stop"])] == ["don’t stop", "don't stop"]


@given(st.text(), st.text())
def test_a_listed_word_is_found_in_any_company(before, after):
    assert "miracle" in found(f"{before} miracle {after}", ["miracle"]) or "<" in before + after


@given(st.text(), st.integers(min_value=0, max_value=200))
def test_a_sentence_is_part_of_its_text(text, position):
    assert sentence_around(text, position) in text


@pytest.mark.parametrize(
    ("html", "lacking"),
    [
        ("<p>In 73 people [@a].</p>", []),
        ("<p>In 73 people.</p>", ["In 73 people."]),
        ("<p>Most felt better.</p>", []),
        ("<p>Half (50%) did.</p><p>A study [@a].</p>", ["Half (50%) did."]),
        ("<p>Research is thin.</p>", ["Research is thin."]),
        ("<p>Studied with care.</p>", []),
        ("<ul><li>One trial [@a]</li><li>Two trials</li></ul>", ["Two trials"]),
        ("<ul><li><p>Two trials</p></li></ul>", ["Two trials"]),
        ("<ul><li>Plain<ul><li>5 people</li></ul></li></ul>", ["5 people"]),
        ("<ul><li>Cited [@a]<ul><li>5 people</li></ul></li></ul>", ["5 people"]),
        ("<h2>What 3 studies show</h2><p>Little.</p>", []),
        ("<p>Call 988 or 911, or (205) 557-2253, or 205-557-2253.</p>", []),
        ("<p>Call 1-800-FDA-1088, or chat at 988lifeline.org.</p>", []),
        ("<p>Call 988 within 2 days.</p>", ["Call 988 within 2 days."]),
        ('<p><a href="/x-2020/">Read on</a></p>', []),
        ("Plain text with 5 people", ["Plain text with 5 people"]),
        ("Plain text with 5 people [@a]", []),
        ("<p>Tom &amp; Jo&#39;s 5&nbsp;mg</p>", ["Tom & Jo's 5 mg"]),
        ("<p>The key [@a2020] is no figure</p>", []),
        ("<p>In 5<br>people</p>", ["In 5 people"]),
        ("", []),
    ],
)
def test_claims_need_a_source_in_their_own_paragraph(html, lacking):
    assert paragraphs_lacking_citation(html, claim_words=CLAIM_WORDS) == lacking


def test_the_words_that_need_a_source_are_the_clinics_own():
    html = "<p>Doctors know it.</p><p>A study.</p><p>Nobody.</p>"
    assert paragraphs_lacking_citation(html, claim_words=["doctor*"]) == ["Doctors know it."]
    assert paragraphs_lacking_citation(html + "<p>50%</p>", claim_words=[]) == ["50%"]
