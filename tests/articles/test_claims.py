import pytest

from articles.claims import FORBIDDEN, forbidden_words, paragraphs_lacking_citation


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ketamine cures depression.", ["cures"]),
        ("It is not a CURE, and no <em>miracle</em>.", ["CURE", "miracle"]),
        ("A game-changer, gamechanger, breakthrough", ["game-changer", "gamechanger", "breakthrough"]),
        ("<p>safe and</p> <p>effective</p>", ["safe and effective"]),
        ("FDA-approved ketamine", ["FDA-approved ketamine"]),
        ("We guaranteed it", ["guaranteed"]),
        ("He committed suicide", ["committed suicide"]),
        ("secure, obscured, accuracy, addiction, improvement", []),
        ("", []),
    ],
)
def test_words_no_page_may_use_are_found(text, words):
    assert forbidden_words(text) == words


def test_every_pattern_of_the_list_can_match():
    samples = {
        "cured": 0, "miracle": 0, "gamechanger": 0, "breakthrough": 0, "revolutionizes": 0, "promising": 0,
        "guarantees": 0, "risk-free": 0, "safe and effective": 0, "completely safe": 0, "nonaddictive": 0,
        "no side effects": 0, "FDA approved ketamine": 0, "HIPAA compliant": 0, "instant relief": 0,
        "success rate": 0, "proven": 0, "commit suicide": 0, "addict": 0, "sufferer": 0, "treatment arsenal": 0,
        "hope for": 0, "best ketamine": 0, "leading clinic": 0, "manic phases": 0,
    }  # fmt: skip
    assert len(samples) == len(FORBIDDEN)
    assert [forbidden_words(sample) for sample in samples] == [[sample] for sample in samples]


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
        ("", []),
    ],
)
def test_claims_need_a_source_in_their_own_paragraph(html, lacking):
    assert paragraphs_lacking_citation(html) == lacking
