import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.citations import Numbering, cited_keys, strip_citations

SOURCES = {"a": "Source A", "b": "Source B"}


def link(number: int, use: int = 1) -> str:
    return f'<a href="#ref-{number}" id="cite-{number}-{use}" aria-label="Reference {number}">{number}</a>'


def test_sources_are_numbered_as_they_are_read():
    numbering = Numbering(SOURCES)
    assert numbering.html("<p>One [@b].</p>") == f"<p>One<sup>{link(1)}</sup>.</p>"
    assert (
        numbering.html("<p>Two [@a]. And [@b].</p>") == f"<p>Two<sup>{link(2)}</sup>. And<sup>{link(1, 2)}</sup>.</p>"
    )
    assert numbering.used == [
        {"number": 1, "reference": "Source B", "backlinks": ["cite-1-1", "cite-1-2"]},
        {"number": 2, "reference": "Source A", "backlinks": ["cite-2-1"]},
    ]


def test_neighbors_do_not_read_as_one_number():
    assert Numbering(SOURCES).html("Two studies [@a] [@b].") == f"Two studies<sup>{link(1)},\xa0{link(2)}</sup>."


def test_a_key_without_a_source_leaves_nothing_behind():
    numbering = Numbering(SOURCES)
    assert numbering.html("Broken [@nobody1999], good [@a].") == f"Broken, good<sup>{link(1)}</sup>."
    assert [use["number"] for use in numbering.used] == [1]


def test_plain_text_is_escaped_and_marks_are_not():
    assert Numbering(SOURCES).plain("Under <2 & so on [@a]") == f"Under &lt;2 &amp; so on<sup>{link(1)}</sup>"


def test_a_mark_inside_a_link_moves_behind_it():
    html = Numbering(SOURCES).html('<p><a href="/x/">as <em>told</em> [@a] here</a>, later [@b].</p>')
    assert html == f'<p><a href="/x/">as <em>told</em> here</a><sup>{link(1)}</sup>, later<sup>{link(2)}</sup>.</p>'


def test_a_mark_inside_a_tag_cannot_break_it():
    numbering = Numbering(SOURCES)
    assert numbering.html('<p><a href="/x/[@a]" title="> [@b]">x</a></p>') == '<p><a href="/x/" title=">">x</a></p>'
    assert numbering.used == []


@pytest.mark.parametrize("text", ["[@A]", "[@ a]", "[a]", "@a", "[@a", "[@1a]", "[@]"])
def test_what_is_no_mark_stays_as_it_is(text):
    assert Numbering(SOURCES).html(text) == text
    assert strip_citations(text) == text


def test_keys_are_listed_in_order_and_as_often_as_they_stand():
    assert cited_keys("x [@b] y [@a_1] z [@b]") == ["b", "a_1", "b"]
    assert strip_citations("x [@b] y\n[@a_1].") == "x y."


PIECES = ["word ", "[@a]", " [@b]", "[@gone]", "<p>", "</p>", '<a href="/x">', "</a>", "<", '"']


@given(st.lists(st.sampled_from(PIECES)))
def test_numbers_links_and_backlinks_always_agree(pieces):
    numbering = Numbering(SOURCES)
    html = numbering.html("".join(pieces))
    ids = re.findall(r'id="(cite-[^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert sorted(ids) == sorted(place for use in numbering.used for place in use["backlinks"])
    assert [use["number"] for use in numbering.used] == list(range(1, len(numbering.used) + 1))
    assert "[@" not in html
