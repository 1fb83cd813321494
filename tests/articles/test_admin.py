from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from articles.models import Article, State, Topic
from tests.factories.articles import (
    add_prose,
    make_article,
    make_picture,
    make_question,
    make_reference,
    make_review,
    make_topic,
)

from .admin_client import errors, save

pytestmark = pytest.mark.django_db

KINDS = ["prose", "callout", "evidence", "figure"]
CHANGELIST = "/admin/articles/article/"


def article_post(
    *, topic: Topic | None = None, article: Article | None = None, blocks: list[tuple[str, dict]] = (), **changes
) -> dict:
    """Return what the article form sends: `blocks` in page order, as kind and fields.

    With `article`, the form was opened on it as it is stored now.
    """
    post = {
        **({"seen_at": Article.objects.get(pk=article.pk).modified_at.isoformat()} if article else {}),
        "title": "Is it?",
        "slug": "is-it",
        "topic": topic.pk if topic else "",
        "summary": "Whether it is.",
        "standfirst": "Perhaps [@doe2020].",
        "key_facts": "One.\nTwo.",
        "is_medical": "on",
        **changes,
    }
    rows = {kind: [] for kind in KINDS}
    for place, (kind, fields) in enumerate(blocks, 1):
        rows[kind].append({"region": "main", "ordering": 10 * place, **fields})
    for kind, kind_rows in rows.items():
        prefix = f"articles_{kind}block_set"
        post[f"{prefix}-TOTAL_FORMS"] = len(kind_rows)
        post[f"{prefix}-INITIAL_FORMS"] = sum("id" in row for row in kind_rows)
        for number, row in enumerate(kind_rows):
            post.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
    return post


def test_an_article_with_every_kind_of_block_is_written_in_the_admin_and_read_on_the_site(staff):
    make_reference("doe2020")
    picture = make_picture()
    blocks = [
        ("prose", {"html": "<h2>Why</h2><p>So [@doe2020].</p><script>alert(1)</script>"}),
        ("callout", {"look": "safety", "heading": "Tell us", "html": "<ul><li>This.</li></ul>"}),
        ("figure", {"picture": picture.pk, "caption": "A room."}),
        ("evidence", {"caption": "Table", "table": "A | B\r\nc [@doe2020] | d", "note": ""}),
        ("prose", {"html": "<p onclick='x()'>The end.</p>"}),
    ]
    save(staff, f"{CHANGELIST}add/", article_post(topic=make_topic(), blocks=blocks))

    article = Article.objects.get()
    assert article.state(timezone.now()) == State.DRAFT
    assert [block.kind for block in article.blocks()] == ["prose", "callout", "figure", "evidence", "prose"]
    assert article.blocks()[0].html == "<h2>Why</h2><p>So [@doe2020].</p>"
    assert article.blocks()[4].html == "<p>The end.</p>"
    assert article.word_count > 10
    Article.objects.update(published_at=timezone.now())
    page = staff.get(article.get_absolute_url())
    assert [block.kind for block in page.context["blocks"]] == ["prose", "callout", "figure", "evidence", "prose"]


def test_blocks_are_moved_changed_and_removed(staff):
    article = make_article(standfirst="Short.")
    first, second = add_prose(article, "<p>First.</p>"), add_prose(article, "<p>Second.</p>")
    add_prose(article, "<p>Third.</p>")
    third = article.blocks()[2]
    blocks = [
        ("prose", {"id": second.pk, "html": "<p>Second, longer.</p>"}),
        ("prose", {"id": first.pk, "html": "<p>First.</p>"}),
        ("prose", {"id": third.pk, "html": "<p>Third.</p>", "DELETE": "on"}),
    ]
    post = article_post(topic=article.topic, article=article, blocks=blocks, standfirst="Short.")
    save(staff, f"{CHANGELIST}{article.pk}/change/", post)
    assert [block.html for block in article.blocks()] == ["<p>Second, longer.</p>", "<p>First.</p>"]
    before = article.word_count
    article.refresh_from_db()
    assert article.word_count > before


@pytest.mark.parametrize(
    ("changes", "blocks", "words"),
    [
        ({"standfirst": "X [@gone]."}, [], "There is no reference with the key gone"),
        ({"summary": "X [@gone]."}, [], "A citation mark cannot stand here"),
        ({}, [("prose", {"html": "<p>[@gone]</p>"})], "There is no reference with the key gone"),
        ({}, [("prose", {"html": "<p></p>"})], "Write something here"),
        ({}, [("evidence", {"caption": "T", "table": "A | B\r\nc"})], "Line 2 has 1 cells, but the headings are 2"),
        ({}, [("evidence", {"caption": "T", "table": "A | B"})], "at least one row"),
        ({"slug": "two words"}, [], "valid"),
        ({"slug": "x\0y"}, [], "Null characters are not allowed"),
    ],
)
def test_what_cannot_stand_is_refused_with_a_reason_and_kept(staff, changes, blocks, words):
    make_reference("doe2020")
    post = article_post(topic=make_topic(), blocks=blocks, **changes)
    response = save(staff, f"{CHANGELIST}add/", post, ok=False)
    assert words in errors(response)
    assert "Whether it is." in response.content.decode() or "summary" in changes
    assert not Article.objects.exists()


def test_the_list_shows_what_readers_can_see_and_who_reviewed(staff):
    now = timezone.now()
    make_article(title="Draft one", published_at=None)
    make_article(title="Later one", published_at=now + timedelta(days=1))
    published = make_article(title="Shown one", published_at=now - timedelta(days=1))
    make_review(published, reviewed_on=now.date(), next_due_on=now.date() + timedelta(days=365))
    make_article(title="No medicine", is_medical=False)
    html = staff.get(CHANGELIST).content.decode()
    for words in ("Draft", "Scheduled", "Published", "Robin Example, MD: due again on", "Not needed"):
        assert words in html
    assert html.count("Not yet reviewed by a clinician") == 2


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"state": "draft"}, {"Draft"}),
        ({"state": "scheduled"}, {"Scheduled"}),
        ({"state": "published"}, {"Reviewed", "Overdue", "Void", "Not medical"}),
        ({"review": "none"}, {"Draft", "Scheduled", "Void"}),
        ({"review": "overdue"}, {"Overdue"}),
        ({"review": "stands"}, {"Reviewed"}),
        ({"q": "overd"}, {"Overdue"}),
    ],
)
def test_the_list_is_filtered_by_state_and_review(staff, query, titles):
    now, today = timezone.now(), timezone.localdate()
    topic = make_topic()
    past, year = now - timedelta(days=1), timedelta(days=365)
    make_article(title="Draft", topic=topic, published_at=None)
    make_article(title="Scheduled", topic=topic, published_at=now + timedelta(days=1))
    make_article(title="Not medical", topic=topic, published_at=past, is_medical=False)
    reviewed, overdue, void = (
        make_article(title=title, topic=topic, published_at=past) for title in ("Reviewed", "Overdue", "Void")
    )
    make_review(overdue, reviewed_on=today - 2 * year, next_due_on=today - year)
    make_review(reviewed, reviewed_on=today - 2 * year, next_due_on=today - year)
    make_review(reviewed, reviewed_on=today, next_due_on=today + year)
    make_review(void, reviewed_on=today, next_due_on=today + year, voided_at=now)
    response = staff.get(CHANGELIST, query)
    assert {article.title for article in response.context["cl"].result_list} == titles


def test_only_a_published_article_is_viewed_on_the_site(staff):
    shown, draft = make_article(), make_article(published_at=None)
    pages = [staff.get(f"{CHANGELIST}{article.pk}/change/").content.decode() for article in (shown, draft)]
    assert ["View on site" in page for page in pages] == [True, False]
    assert shown.get_absolute_url() in pages[0]


@pytest.mark.parametrize("model", ["article", "topic", "question"])
def test_an_address_is_suggested_once_and_never_changes_by_itself(staff, model):
    made = {"article": make_article, "topic": make_topic, "question": make_question}[model]()
    adding = staff.get(reverse(f"admin:articles_{model}_add")).content.decode()
    changing = staff.get(reverse(f"admin:articles_{model}_change", args=[made.pk])).content.decode()
    assert "#id_slug" in adding
    assert "#id_slug" not in changing


def test_help_texts_say_what_readers_see(staff):
    html = staff.get(f"{CHANGELIST}add/").content.decode()
    for words in ("Shown large on the home page", "Readers see them in a box at the top"):
        assert words in html


@pytest.mark.parametrize(
    ("html", "changes", "stands"),
    [
        ("<p>Some text [@a].</p>", {"summary": "Another summary.", "is_featured": "on"}, True),
        ("<p><strong>Some</strong>\n text [@a].</p>", {}, True),
        ("<p>Some text, changed [@a].</p>", {}, False),
        ("<p>Some text [@b].</p>", {}, False),
        ("<p>Some text.</p>", {}, False),
        ("<p>Some text [@a].</p>", {"standfirst": "Longer."}, False),
        ("<p>Some text [@a].</p>", {"key_facts": "A fact."}, False),
        ("<p>Some text [@a].</p>", {"title": "Other"}, False),
    ],
)
def test_a_change_of_words_or_sources_makes_the_review_void_and_says_so(staff, html, changes, stands):
    make_reference("a")
    make_reference("b")
    article = make_article(title="Is it?", standfirst="Short.", key_facts="", published_at=None)
    block = add_prose(article, "<p>Some text [@a].</p>")
    review = make_review(article)
    same = {"title": "Is it?", "standfirst": "Short.", "key_facts": ""}
    blocks = [("prose", {"id": block.pk, "html": html})]
    post = article_post(topic=article.topic, article=article, blocks=blocks, **{**same, **changes})

    response = staff.post(f"{CHANGELIST}{article.pk}/change/", post, follow=True)

    review.refresh_from_db()
    assert review.stands is stands
    assert ("no longer stands" in response.content.decode()) is not stands


def test_an_article_with_a_review_on_record_is_not_deleted(staff):
    article = make_article()
    make_review(article)
    staff.post(f"{CHANGELIST}{article.pk}/delete/", {"post": "yes"})
    assert Article.objects.filter(pk=article.pk).exists()


def test_the_list_asks_the_database_as_often_for_one_as_for_ten(staff):
    def queries() -> int:
        staff.get(CHANGELIST)
        with CaptureQueriesContext(connection) as captured:
            staff.get(CHANGELIST)
        return len(captured)

    topic = make_topic()
    make_review(make_article(topic=topic))
    before = queries()
    for _ in range(9):
        make_review(make_article(topic=topic))
    assert queries() == before


def test_a30_control_characters_pasted_into_the_admin_are_gone_once_saved(staff, client):
    """Word and PDF paste them along. Nothing is refused for them; tabs and line ends stay."""
    dirty = article_post(
        topic=make_topic(),
        title="Is\x0b it?",
        summary="Whether\ufffe it is.",
        standfirst="Perhaps\x00.\r\nOr\tnot.",
        blocks=[("prose", {"html": "<p>S\x08o\x1f it\x00 is.</p>"})],
    )
    save(staff, f"{CHANGELIST}add/", dirty)
    article = Article.objects.get()
    assert (article.title, article.summary, article.standfirst) == ("Is it?", "Whether it is.", "Perhaps.\r\nOr\tnot.")
    assert article.blocks()[0].html == "<p>So it is.</p>"
    Article.objects.update(published_at=timezone.now() - timedelta(days=1))
    for path in ("/feed/", "/feed/rss/", "/sitemap.xml", "/sitemap-articles-1.xml"):
        response = client.get(path)
        assert response.status_code == 200
        etree.fromstring(response.content)
