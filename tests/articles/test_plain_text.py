import pytest

from articles.models import Article, CalloutBlock, EvidenceBlock, ProseBlock
from articles.plain_text import article_text, paragraphs, plain_text


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<h2>One</h2><p>two <strong>th</strong>ree [@a].</p>", "One two three."),
        ("<ul><li>One</li><li>two</li></ul>", "One two"),
        ("<p>One<br>two&nbsp;&amp; three</p>\n", "One two & three"),
        ("Plain &lt;5 words", "Plain <5 words"),
        ("", ""),
    ],
)
def test_words_are_read_without_tags_and_marks(markup, words):
    assert plain_text(markup) == words


def test_an_article_is_read_from_its_title_to_its_last_block():
    article = Article(title="Is x < y?", standfirst="Yes [@a].", key_facts="Fact one [@a]\n\n Fact two ")
    blocks = [
        ProseBlock(html="<h2>Why</h2><p>So.</p>"),
        CalloutBlock(heading="Stop & read", html="<p>This.</p>"),
        EvidenceBlock(caption="Table", table="A | B\nc [@a] | d", note=""),
    ]
    assert article_text(article, blocks).splitlines() == [
        "Is x < y?",
        "Yes.",
        "Fact one",
        "Fact two",
        "Why So.",
        "Stop & read",
        "This.",
        "Table",
        "A",
        "B",
        "c",
        "d",
    ]


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<h2>Head</h2><p>One <em>two</em> [@a].</p><p>Three &lt; 4</p>", ["One two [@a].", "Three &lt; 4"]),
        ("<ul><li>One<ul><li>two</li></ul>three</li></ul>", ["One", "two", "three"]),
        ("<ul><li><p>One</p></li></ul>", ["One"]),
        ("Just words", ["Just words"]),
        ("", []),
    ],
)
def test_paragraphs_are_cut_where_a_reader_sees_them_end(markup, found):
    assert paragraphs(markup) == found
