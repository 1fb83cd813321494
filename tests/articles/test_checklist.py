"""The checklist beside Publish: what it finds, where, and how it says so."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.checklist import Finding, Level, check_article, errors_in
from articles.models import Article, CheckedLink, ForbiddenWord, WritingRules
from clinic_site.core.models import Page, Picture, SiteText
from tests.factories.articles import (
    NOW,
    add_callout,
    add_evidence,
    add_figure,
    add_prose,
    make_article,
    make_picture,
    make_question,
    make_reference,
    make_review,
    make_text,
)
from tests.factories.locations import make_location

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PLAIN = "<h2>What it is</h2><p>Doctors give this medicine through a small tube in the arm. It takes some time [@a].</p>"


@pytest.fixture(autouse=True)
def _boxes():
    """The boxes that every medical page carries, a checked source, and a word not to be used."""
    for key in ("results-vary", "risks", "driving", "not-advice"):
        make_text(key)
    make_text("off-label", "<p>The FDA has not approved it for this.</p>")
    make_text("crisis", "<p>Call 988.</p>", heading="Now")
    make_reference("a", checked_on=date(2026, 11, 1))
    ForbiddenWord.objects.create(words="cure*", instead="Say what was measured.")
    WritingRules(lowest_grade=0).save()  # the texts of these tests are very plain


def make_good_article(html: str = PLAIN, **fields) -> Article:
    """Return an article on whose checklist there is nothing to do."""
    fields = {"standfirst": "It can help some people for a while, and it has risks.", "published_at": None, **fields}
    article = make_article(**fields)
    if html:
        add_prose(article, html)
    make_review(article)
    return article


def found(article: Article, rule: str = "", **options) -> list[Finding]:
    """Return what is to be done about `article`, or what one rule says."""
    findings = check_article(article, now=options.get("now", NOW))
    return [finding for finding in findings if (finding.rule == rule if rule else finding.level != Level.OK)]


def only(article: Article, **options) -> Finding:
    (finding,) = found(article, **options)
    return finding


def test_a_good_article_has_nothing_to_do_and_says_what_is_in_order():
    findings = check_article(make_good_article(), now=NOW)
    assert [finding for finding in findings if finding.level != Level.OK] == []
    assert len({finding.rule for finding in findings}) == 12
    assert errors_in(findings) == []


def test_errors_come_first_then_warnings_then_what_is_in_order():
    article = make_good_article("<h3>Part</h3><p>It cures. " + "Word " * 40 + "[@a].</p>")
    levels = [finding.level for finding in check_article(article, now=NOW)]
    assert levels == sorted(levels, key=["error", "warning", "ok"].index)
    assert set(levels) == set(Level)
    assert {finding.level for finding in errors_in(check_article(article, now=NOW))} == {Level.ERROR}


# Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where", "target"),
    [
        ({"title": "It cures"}, "Title", "id_title"),
        ({"summary": "It cures."}, "Summary", "id_summary"),
        ({"standfirst": "It cures."}, "Standfirst", "id_standfirst"),
        ({"key_facts": "One.\nIt cures."}, "Key fact 2", "id_key_facts"),
    ],
)
def test_a_forbidden_word_is_found_in_every_field(fields, where, target):
    finding = only(make_good_article(**fields))
    assert (finding.level, finding.rule, finding.where, finding.target) == ("error", "forbidden-words", where, target)
    assert finding.text.startswith("“cures” must not be used: “It cures")
    assert finding.remedy == "Say what was measured."


def test_a_forbidden_word_is_found_in_every_part_of_every_block():
    article = make_good_article()
    add_callout(article, heading="A cure", html="<p>Cured.</p>")
    add_evidence(article, "Cures | B\nx [@a] | cured [@a]", caption="Curely", note="Cure.")
    add_figure(article, picture=make_picture(alt="A cure."), caption="Cures.")
    add_prose(article, "<h2>Cured</h2><ul><li>Cure</li></ul>")
    places = [(finding.where, finding.text.split("”")[0]) for finding in found(article)]
    assert places == [
        ("Block 2, call-out", "“cure"),
        ("Block 2, call-out", "“Cured"),
        ("Block 3, table of evidence", "“Curely"),
        ("Block 3, table of evidence", "“Cures"),
        ("Block 3, table of evidence", "“cured"),
        ("Block 3, table of evidence", "“Cure"),
        ("Block 4, figure", "“Cures"),
        ("Block 4, figure", "“cure"),
        ("Block 5, text", "“Cured"),
        ("Block 5, text", "“Cure"),
    ]
    # The form counts the blocks of each kind on their own.
    assert found(article)[-1].target == "articles_proseblock_set-1"


def test_a_word_on_the_list_as_a_warning_does_not_stop_publishing():
    ForbiddenWord.objects.create(words="journey", level="warning")
    finding = only(make_good_article(standfirst="A journey."))
    assert (finding.level, finding.text) == ("warning", "“journey” should not be used: “A journey.”")
    assert finding.remedy == "Say it in other words."


# Parts and boxes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"), [({"summary": " "}, "The summary is empty."), ({"standfirst": ""}, "The standfirst is empty.")]
)
def test_summary_and_standfirst_must_be_there(fields, words):
    finding = only(make_good_article(**fields))
    assert (finding.level, finding.text, finding.target) == ("error", words, f"id_{next(iter(fields))}")


def test_a_block_of_text_must_be_there():
    article = make_good_article("")
    add_callout(article, html="<p>So [@a].</p>")
    assert only(article).text == "There is no block of text."


def test_boxes_of_a_medical_page_must_say_what_they_are_for():
    SiteText.objects.filter(key="off-label").update(body="<p>Words.</p>")
    SiteText.objects.filter(key="crisis").update(body="<p>Call us.</p>")
    SiteText.objects.filter(key="risks").update(body="")
    SiteText.objects.filter(key="driving").delete()
    findings = found(make_good_article())
    assert {(finding.level, finding.text) for finding in findings} == {
        ("error", "The box “off-label” does not say “off-label” or “has not approved”."),
        ("error", "The box “crisis” does not say “988”."),
        ("error", "The box “risks” is empty."),
        ("error", "The box “driving” is empty."),
    }
    assert found(make_good_article(is_medical=False)) == []


# Sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"standfirst": "Half of them, 50%."}, "Standfirst"),
        ({"key_facts": "One [@a].\nA study."}, "Key fact 2"),
    ],
)
def test_a_claim_at_the_top_needs_a_source(fields, where):
    finding = only(make_good_article(**fields))
    assert (finding.level, finding.rule, finding.where) == ("error", "sources", where)
    assert finding.text.startswith("A claim without a source: “")
    assert "[@key]" in finding.remedy


def test_a_claim_in_a_block_needs_a_source_in_its_own_paragraph_row_or_caption():
    article = make_good_article()
    add_prose(article, "<h2>What 3 studies say</h2><p>In 5 people [@a].</p><p>In 6 people.</p><ul><li>In 7.</li></ul>")
    add_callout(article, heading="In 4 weeks", html="<p>In 8 people.</p>")
    add_evidence(article, "Trial | 2020\n9 people | x\n10 people | y [@a]", caption="Of 3 trials", note="11 more.")
    add_figure(article, caption="12 people.")
    texts = [finding.text for finding in found(article)]
    quoted = ["In 6 people.", "In 7.", "In 8 people.", "9 people | x", "11 more.", "12 people."]
    assert texts == [f"A claim without a source: “{text}”" for text in quoted]


def test_the_words_that_need_a_source_are_read_from_the_rules():
    article = make_good_article(standfirst="Doctors know it.")
    assert found(article) == []
    WritingRules.objects.update(claim_words="doctor*")
    assert only(article).text == "A claim without a source: “Doctors know it.”"


def test_an_unknown_source_is_an_error_and_an_unchecked_one_a_warning():
    make_reference("b")
    make_reference("c")
    article = make_good_article(standfirst="It is so [@gone] [@c] [@b].", key_facts="So [@gone] [@a].")
    texts = [(finding.level, finding.where, finding.text) for finding in found(article)]
    assert texts == [
        ("error", "Standfirst", "[@gone] is cited, but there is no such reference."),
        ("error", "Key fact 1", "[@gone] is cited, but there is no such reference."),
        ("warning", "References", "Nobody has compared these with the source itself: [@b], [@c]."),
    ]


def test_a_medical_page_cites_something():
    article = make_good_article("<p>So.</p>")
    assert only(article).text == "The page cites nothing, so readers see no list of references."
    assert found(make_good_article("<p>So.</p>", is_medical=False)) == []


# Figures and headings ------------------------------------------------------------------------


def test_a_picture_is_described_or_only_decoration():
    article = make_good_article()
    picture = make_picture(alt="x")
    add_figure(article, picture=picture)
    add_figure(article, picture=make_picture(alt="", is_decorative=True))
    assert found(article) == []
    Picture.objects.filter(pk=picture.pk).update(alt=" ")
    finding = only(article)
    assert (finding.level, finding.where, finding.url) == (
        "error",
        "Block 2, figure",
        f"/admin/core/picture/{picture.pk}/change/",
    )


@pytest.mark.parametrize(
    ("html", "level", "words"),
    [
        ("<h3>Part</h3>", "error", "“Part” is a level 3 heading with no level 2 heading above it."),
        ("<h2> </h2>", "warning", "A heading is empty."),
        ("<h2>Part</h2><h3>part</h3>", "warning", "Two headings read “part”."),
    ],
)
def test_headings_in_disorder(html, level, words):
    finding = only(make_good_article(f"{html}<p>It is so [@a].</p>"))
    assert (finding.level, finding.rule, finding.text) == (level, "headings", words)


def test_headings_in_order_over_several_blocks():
    article = make_good_article()
    add_prose(article, "<h3>Part</h3><h3>Other</h3><h2>Next</h2>")
    add_callout(article, html="<h3>Within</h3><p>So.</p>")
    assert found(article) == []


# Links ---------------------------------------------------------------------------------------


@pytest.fixture
def linked():
    """Things that readers can open, and things that they cannot."""
    add_prose(make_article(slug="open", title="Open"), "<h2>A part</h2><p>So.</p>")
    make_article(slug="draft", published_at=None)
    make_article(slug="later", published_at=NOW + DAY)
    make_question(slug="why")
    make_question(slug="hidden", is_shown=False)
    make_location(slug="north")
    make_location(slug="closed", is_active=False)
    Page.objects.create(title="About", slug="about", summary="Us.", body="<p>We.</p>")
    Page.objects.create(title="Old", slug="old", summary="Us.", body="<p>We.</p>", is_shown=False)


@pytest.mark.parametrize(
    ("href", "level", "words"),
    [
        ("/articles/open/", None, ""),
        ("/articles/open", None, ""),
        ("/articles/open/#section-a-part", None, ""),
        ("/articles/open/#references", None, ""),
        ("/articles/open/#section-no-part", "warning", "no place called “section-no-part”"),
        ("http://clinic.example/articles/open/", None, ""),
        ("http://clinic.example/articles/draft/", "error", "cannot open that page"),
        ("/articles/draft/", "error", "cannot open that page"),
        ("/articles/draft/#section-x", "error", "cannot open that page"),
        ("/articles/later/", "error", "cannot open that page"),
        ("/articles/gone/", "error", "cannot open that page"),
        ("/articles/self/#section-what-it-is", None, ""),
        ("#section-what-it-is", None, ""),
        ("#crisis", None, ""),
        ("#section-else", "warning", "no place called “section-else”"),
        ("/articles/", None, ""),
        ("/articles/topics/gone/", "error", "cannot open that page"),
        ("/questions/#why", None, ""),
        ("/questions/#hidden", "warning", "no place called “hidden”"),
        ("/locations/north/", None, ""),
        ("/locations/closed/", "error", "cannot open that page"),
        ("/about/", None, ""),
        ("/about/?a=1", None, ""),
        ("/old/", "error", "cannot open that page"),
        ("/consult/", None, ""),
        ("/nowhere/at/all/", "error", "no such page on this site"),
        ("/admin/articles/article/", "error", "leads into the admin"),
        ("about/", "error", "begins neither with https:// nor with /"),
        ("www.a.example", "error", "begins neither with https:// nor with /"),
        ("//a.example/", "error", "lacks “https:”"),
        ("", "error", "it is empty"),
        ("#", "error", "it is empty"),
        ("mailto:desk@clinic.example", None, ""),
        ("tel:988", None, ""),
        ("sms:988", None, ""),
    ],
)
@pytest.mark.usefixtures("linked")
def test_links_within_the_site_lead_to_what_readers_can_open(href, level, words):
    article = make_good_article(f'{PLAIN}<p>See <a href="{href}">this</a>.</p>', slug="self")
    findings = found(article)
    assert [finding.level for finding in findings] == ([level] if level else [])
    if findings:
        assert words in findings[0].text
        assert findings[0].where == "Block 1, text"


@pytest.mark.usefixtures("linked")
def test_a_link_to_what_opens_before_the_article_itself_is_good():
    html = f'{PLAIN}<p><a href="/articles/later/">x</a></p>'
    assert len(found(make_good_article(html, published_at=NOW + DAY / 2))) == 1
    assert found(make_good_article(html, published_at=NOW + DAY)) == []


@pytest.mark.parametrize(
    ("visit", "level", "words"),
    [
        (None, "ok", "not been tried yet: 1"),
        ({"status": 200}, "ok", "answered when last tried"),
        ({"status": 403, "problem": "It lets no program in."}, "ok", "answered when last tried"),
        ({"first_failed_at": NOW, "status": 404, "problem": "Gone."}, "ok", "answered when last tried"),
        ({"first_failed_at": NOW - DAY, "problem": "Gone."}, "warning", "“https://a.example/x” is broken. Gone."),
        ({"moved_to": "https://b.example/"}, "warning", "has moved for good, to “https://b.example/”."),
    ],
)
def test_links_to_other_sites_are_as_the_last_visit_found_them(visit, level, words, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("it asked the network"))
    if visit is not None:
        CheckedLink.objects.create(url="https://a.example/x", **{"checked_at": NOW, "due_at": NOW, **visit})
    article = make_good_article(f'{PLAIN}<p><a href="https://a.example/x#y">x</a></p>')
    (finding,) = found(article, "outer-links")
    assert finding.level == level
    assert words in finding.text


# Reading and review --------------------------------------------------------------------------


def test_long_sentences_are_quoted_the_longest_first():
    WritingRules.objects.update(longest_sentence=8)
    lengths = [9, 12, 10, 8, 11, 13, 14, 9]
    article = make_good_article("".join(f"<p>{'Go ' * (length - 1)}on.</p>" for length in lengths) + "<p>So [@a].</p>")
    article.standfirst = "It is."
    texts = [finding.text for finding in found(article, "sentences")]
    assert [text.split(":")[0] for text in texts[:5]] == [
        f"A sentence of {words} words" for words in (14, 13, 12, 11, 10)
    ]
    assert texts[5:] == ["Sentences of more than 8 words besides these: 2."]
    assert texts[0].endswith("“" + "Go " * 13 + "on.”")


def test_table_rows_and_titles_are_no_sentences():
    WritingRules.objects.update(longest_sentence=20)
    article = make_good_article(title="Go " * 30)
    add_evidence(article, f"A | B\n{'go ' * 30} | x [@a]")
    assert [finding.level for finding in found(article, "sentences")] == ["ok"]


def test_the_reading_grade_is_never_an_error():
    article = make_good_article("<p>Psychopharmacological investigations necessitate considerations [@a].</p>" * 9)
    finding = only(article)
    assert (finding.level, finding.rule) == ("warning", "grade")
    WritingRules.objects.update(highest_grade=60)
    assert found(article) == []
    WritingRules.objects.update(lowest_grade=50, highest_grade=60)
    assert only(article).remedy == "It may leave out what readers need."


@pytest.mark.parametrize(("is_required", "level"), [(True, "error"), (False, "warning")])
def test_a_medical_page_without_a_standing_review(settings, is_required, level):
    settings.REQUIRE_REVIEW = is_required
    article = make_good_article()
    article.reviews.update(voided_at=NOW)
    finding = only(article)
    assert (finding.level, finding.rule) == (level, "review")
    assert finding.url == f"/admin/articles/article/{article.pk}/preview/#sign"
    assert found(make_good_article(is_medical=False)) == []


def test_a_review_past_its_date_is_a_warning():
    article = make_good_article()
    assert "Signed off by Robin Example, MD on Nov. 1, 2026." in found(article, "review")[0].text
    assert found(article, now=NOW + 341 * DAY) == []
    finding = only(article, now=NOW + 342 * DAY)
    assert (finding.level, finding.text) == ("warning", "The review was due again on Nov. 1, 2027.")


# As a whole ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("linked")
def test_a_check_asks_as_often_for_a_long_article_as_for_a_short_one():
    html = f'{PLAIN}<p><a href="/articles/open/">a</a> <a href="/about/">b</a> <a href="https://a.example/">c</a></p>'

    def queries(article: Article) -> int:
        with CaptureQueriesContext(connection) as captured:
            check_article(article, now=NOW)
        return len(captured)

    article = make_good_article(html)
    add_figure(article)
    few = queries(article)
    for _ in range(5):
        add_prose(article, html)
        add_figure(article)
        add_callout(article)
    assert queries(article) <= few + 1  # the kind of block that was not there before
    assert few < 16


def test_the_articles_of_the_initial_content_are_in_order_but_for_their_review():
    call_command("load_content", verbosity=0)  # beside the boxes that are there
    for article in Article.objects.all():
        errors = errors_in(check_article(article, now=NOW))
        assert [(error.rule, error.text) for error in errors] == [("review", "No clinician has signed off this text.")]
