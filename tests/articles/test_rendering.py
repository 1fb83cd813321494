import pytest

from articles.models import Question
from articles.plain_text import article_text
from articles.rendering import render_article, render_questions
from tests.factories.articles import (
    add_callout,
    add_evidence,
    add_figure,
    add_prose,
    make_article,
    make_question,
    make_reference,
    make_text,
)

pytestmark = pytest.mark.django_db


def keys(citations) -> list[str]:
    return [citation.html.split("On ")[1].split(".")[0] for citation in citations]


def test_sources_are_numbered_from_the_top_of_the_page_to_its_foot():
    body = ["prose", "callout", "column", "cell", "note", "figure"]
    order = ["standfirst", "fact", "offlabel", *body, "risk", "driving"]
    for key in reversed(order):
        make_reference(key)
    # Database order must not matter, so the rows are made in another one.
    make_text("driving", "<p>Ride [@driving].</p>")
    make_text("risks", "<p>Risks [@risk].</p>")
    make_text("off-label", "<p>Off-label [@offlabel].</p>")
    article = make_article(standfirst="Short [@standfirst].", key_facts="Fact [@fact].\nAnother [@standfirst].")
    add_prose(article, "<h2>A</h2><p>Text [@prose], again [@fact].</p>")
    add_callout(article, html="<p>Careful [@callout].</p>")
    add_evidence(article, "Column [@column] | Other\nCell [@cell] | x", note="Note [@note].")
    add_figure(article, caption="Caption [@figure].")

    page = render_article(article)

    assert keys(page.citations) == order
    assert [citation.number for citation in page.citations] == list(range(1, len(order) + 1))
    assert page.citations[0].backlinks == ["cite-1-1", "cite-1-2"]
    assert "#ref-3" in page.boxes["off_label"].body
    assert "#ref-10" in page.boxes["risks"].body


def test_a_box_reads_the_same_however_often_it_is_looked_up():
    make_reference("fda")
    make_text("off-label", "<p>Off-label [@fda].</p>", heading="Off-label use")
    make_text("band", "<p>Elsewhere [@fda].</p>")
    boxes = render_article(make_article()).boxes
    assert boxes["off_label"].body == boxes["off-label"].body
    assert boxes["off_label"].body.count("cite-1-1") == 1
    assert boxes["off_label"].heading == "Off-label use"
    assert boxes["band"].body == "<p>Elsewhere.</p>"
    assert boxes["gone"].body == ""


def test_a_page_that_is_not_medical_does_not_list_the_sources_of_the_medical_boxes():
    make_reference("fda")
    make_text("off-label", "<p>Off-label [@fda].</p>")
    assert render_article(make_article(is_medical=False)).citations == []


def test_each_kind_of_block_brings_what_its_template_shows():
    article = make_article(title="T", standfirst="Is 1 < 2?", key_facts="a & b\n\n c ")
    add_prose(article, "<h2>One</h2><p>x</p><h3>Two</h3>")
    add_callout(article, look="crisis", heading="Stop & read", html="<h2>In a box</h2>")
    add_evidence(article, "A | B\n1 < 2 | c & d", caption="What & what")
    add_figure(article, caption="A <room>")

    page = render_article(article)
    prose, callout, evidence, figure = page.blocks

    assert (page.title, page.standfirst_html, page.key_facts_html) == ("T", "Is 1 &lt; 2?", ["a &amp; b", "c"])
    assert [block.kind for block in page.blocks] == ["prose", "callout", "evidence", "figure"]
    assert prose.html == '<h2 id="section-one">One</h2><p>x</p><h3 id="section-two">Two</h3>'
    assert (callout.callout_kind, callout.heading) == ("crisis", "Stop & read")
    assert callout.html == '<h2 id="section-in-a-box">In a box</h2>'
    assert (evidence.caption, evidence.columns) == ("What & what", ["A", "B"])
    assert evidence.rows_html == [["1 &lt; 2", "c &amp; d"]]
    assert evidence.labelled_rows == [[("A", "1 &lt; 2"), ("B", "c &amp; d")]]
    assert evidence.note_html == ""
    assert (figure.picture.alt, figure.caption_html) == ("An empty room.", "A &lt;room&gt;")
    assert [(entry.id, entry.text) for entry in page.contents] == [("section-one", "One")]
    assert article_text(article, article.blocks()).startswith("T\nIs 1 < 2?\na & b\nc\nOne x Two\nStop & read\n")


@pytest.mark.parametrize(("words", "minutes"), [(1, 1), (226, 1), (227, 2), (456, 2), (457, 3)])
def test_reading_takes_a_minute_for_230_words_begun(words, minutes):
    article = make_article(title="Title", standfirst="The short answer.")  # four words
    add_prose(article, f"<p>{'word ' * words}[@gone]</p>")
    article.count_words()
    article.refresh_from_db()
    assert article.word_count == words + 4
    assert render_article(article).reading_minutes == article.reading_minutes == minutes


def test_counting_words_does_not_make_an_article_look_updated():
    article = make_article()
    before = article.modified_at
    article.count_words()
    article.refresh_from_db()
    assert article.modified_at == before


def test_an_empty_table_shows_an_empty_table():
    article = make_article()
    add_evidence(article, "")
    (evidence,) = render_article(article).blocks
    assert (evidence.columns, evidence.rows_html) == ([], [])


def test_questions_stand_in_their_groups_and_share_one_list_of_sources():
    for key in ("risk", "late", "early", "offlabel"):
        make_reference(key)
    make_text("off-label", "<p>Off-label [@offlabel].</p>")
    make_text("risks", "<p>Risks [@risk].</p>")
    cost = make_question(group=Question.Group.COST, answer="<p>Much [@late], again [@early].</p>", position=1)
    second = make_question(answer="<p>Second.</p>", position=3)
    first = make_question(answer="<p>First [@early].</p>", position=2)

    page = render_questions(Question.objects.shown())

    assert page.groups == [("About ketamine", [first, second]), ("Cost and getting started", [cost])]
    assert keys(page.citations) == ["offlabel", "early", "late", "risk"]
    answer = page.groups[0][1][0].answer_html
    assert answer.startswith("<p>First<sup><a href=")
    assert page.citations[1].backlinks == ["cite-2-1", "cite-2-2"]
