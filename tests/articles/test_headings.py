import re

from hypothesis import given
from hypothesis import strategies as st

from articles.headings import ContentsEntry, Headings
from clinic_site.core.html import clean_html


def test_headings_gain_ids_made_from_their_words():
    headings = Headings()
    html = headings.anchored("<h2>What was <em>studied</em> [@a]</h2><p>x</p><h3>Depression &amp; mood</h3>")
    assert html == (
        '<h2 id="section-what-was-studied">What was <em>studied</em> [@a]</h2><p>x</p>'
        '<h3 id="section-depression-mood">Depression &amp; mood</h3>'
    )
    assert headings.contents == [ContentsEntry("section-what-was-studied", "What was studied")]


def test_the_same_words_twice_give_two_ids_across_blocks():
    headings = Headings()
    headings.anchored("<h2>Risks</h2>")
    assert headings.anchored("<h2>Risks</h2><h3>Risks</h3>") == (
        '<h2 id="section-risks-2">Risks</h2><h3 id="section-risks-3">Risks</h3>'
    )
    assert [entry.text for entry in headings.contents] == ["Risks", "Risks"]


def test_an_id_that_is_there_stays_until_it_is_taken():
    html = Headings().anchored('<h2 id="mine">A</h2><h2 id="mine">B</h2>')
    assert html == '<h2 id="mine">A</h2><h2 id="mine-2">B</h2>'


def test_no_heading_takes_an_id_of_the_page_around_it():
    headings = Headings(taken=["what-it-costs"])
    html = headings.anchored(
        '<h2 id="main">A</h2><h2 id="ref-1">B</h2><h2 id="what-it-costs">C</h2>'
        '<h2>Contents</h2><h3 id="id_phone">D</h3>'
    )
    assert re.findall(r'id="([^"]*)"', html) == [
        "section-main",
        "section-ref-1",
        "what-it-costs-2",
        "section-contents",
        "section-id_phone",
    ]


def test_a_heading_inside_a_heading_has_no_id():
    html = Headings().anchored('<h2>A <strong><h3 id="a">B</h3></strong></h2>')
    assert html == '<h2 id="section-a-b">A <strong><h3>B</h3></strong></h2>'


def test_headings_in_call_outs_stay_out_of_the_contents():
    headings = Headings()
    assert 'id="section-a"' in headings.anchored("<h2>A</h2>", listed=False)
    assert headings.contents == []


def test_a_heading_without_words_is_dropped():
    headings = Headings()
    assert headings.anchored("<h2></h2><h2>[@a]</h2><p>x</p>") == "<p>x</p>"
    assert headings.contents == []


def test_a_heading_without_letters_still_has_an_id():
    assert Headings().anchored("<h2>?!</h2>") == '<h2 id="section-untitled">?!</h2>'


@given(st.lists(st.tuples(st.sampled_from(["h2", "h3"]), st.text(st.characters(exclude_characters="<"), max_size=12))))
def test_every_heading_has_an_id_of_its_own(pieces):
    html = clean_html("".join(f"<{tag}>{text}</{tag}>" for tag, text in pieces))
    anchored = Headings().anchored(html)
    ids = re.findall(r'<h[23] id="([^"]+)">', anchored)
    assert len(ids) == len(set(ids))
    assert len(ids) == len(re.findall("<h[23]", anchored))
