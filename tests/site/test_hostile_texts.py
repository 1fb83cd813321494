"""Hostile texts by every road: form, code and content files store the same harmless text; old rows render the same."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection

from articles.models import Article, CalloutBlock, ProseBlock, Question
from clinic_site.content_loader import load_content
from clinic_site.core.html import clean_html
from clinic_site.core.models import Page, SiteText
from tests.articles.admin_client import save
from tests.articles.test_admin import article_post
from tests.core.test_html import stored
from tests.factories.articles import (
    NOW,
    make_article,
    make_question,
    make_reference,
    make_text,
    make_topic,
)
from tests.site.test_load_content import ARTICLE, CONTENT, write
from tests.vectors import VECTORS, Vector

pytestmark = pytest.mark.django_db

ADD = "/admin/articles/article/add/"
CLEAN = [clean_html(vector.block) for vector in VECTORS]
# The editor’s fields take a zero character out; PostgreSQL cannot hold one.
NO_ZERO = [vector for vector in VECTORS if "\0" not in vector.html]
ZERO = [vector for vector in VECTORS if "\0" in vector.html]


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("editor"))
    return client


def post_with(topic, vectors: list[Vector]) -> dict:
    blocks = [("prose", {"html": vector.block}) for vector in vectors]
    blocks += [("callout", {"look": "tip", "heading": vector.name[:100], "html": vector.block}) for vector in vectors]
    return article_post(topic=topic, blocks=blocks, slug=f"batch-{vectors[0].number}")


def test_a31_the_admin_stores_the_clean_text(staff):
    topic = make_topic()
    make_reference("doe2020")
    for start in range(0, len(NO_ZERO), 100):
        save(staff, ADD, post_with(topic, NO_ZERO[start : start + 100]))
    wanted = [clean_html(vector.block) for vector in NO_ZERO]
    assert stored(ProseBlock, "html") == wanted
    assert stored(CalloutBlock, "html") == wanted


@pytest.mark.parametrize("vector", ZERO, ids=lambda vector: vector.name)
def test_a_zero_character_is_taken_out_and_the_words_are_kept(staff, vector):
    make_reference("doe2020")
    save(staff, ADD, post_with(make_topic(), [vector]))
    blocks = Article.objects.get().blocks()
    assert len(blocks) == 2
    for block in blocks:
        assert f"Vector {vector.number}." in block.html
        assert "\0" not in block.html
        assert block.html == clean_html(block.html)


@pytest.mark.parametrize("road", ["create", "bulk_create", "update", "save", "bulk_update"])
def test_a31_code_stores_the_clean_text(road):
    article = make_article()
    rows = [
        ProseBlock(parent=article, region="main", ordering=vector.number, html=vector.block if road != "update" else "")
        for vector in VECTORS
    ]
    if road in ("create", "save"):
        for row in rows:
            row.save(force_insert=road == "create")
    else:
        ProseBlock.objects.bulk_create(rows)
    if road == "update":
        for row, vector in zip(rows, VECTORS, strict=True):
            ProseBlock.objects.filter(pk=row.pk).update(html=vector.block)
    if road == "bulk_update":
        for row, vector in zip(rows, VECTORS, strict=True):
            row.html = vector.block
        ProseBlock.objects.bulk_update(rows, ["html"])
    assert stored(ProseBlock, "html") == CLEAN


def test_a31_the_content_loader_stores_the_clean_text(tmp_path):
    for kind, content in CONTENT.items():
        write(tmp_path, kind, content)
    (tmp_path / "articles").mkdir()
    blocks = [{"prose": vector.block} for vector in VECTORS]
    blocks += [{"callout": {"kind": "tip", "heading": "Note", "body": vector.block}} for vector in VECTORS]
    write(tmp_path, "articles/is-it", {**ARTICLE, "blocks": blocks})
    some = VECTORS[::8]
    first = CONTENT["questions"][0]
    questions = [{**first, "slug": f"why-{vector.number}", "answer": vector.block} for vector in some]
    write(tmp_path, "questions", questions)
    pages = [{**CONTENT["pages"][0], "slug": f"p-{vector.number}", "body": vector.block} for vector in some]
    write(tmp_path, "pages", pages)
    texts = [{**CONTENT["texts"][0], "key": f"t-{vector.number}", "body": vector.block} for vector in some]
    write(tmp_path, "texts", texts)

    load_content(now=NOW, folder=tmp_path)

    assert stored(ProseBlock, "html") == stored(CalloutBlock, "html") == CLEAN
    assert stored(Question, "answer") == stored(Page, "body") == stored(SiteText, "body") == CLEAN[::8]


def overwrite(row, column: str, html: str) -> None:
    """Put `html` into the row of `row` as it is, as an old version of the site might have left it."""
    with connection.cursor() as cursor:
        table = row._meta.db_table
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [html, row.pk])


def as_saved_and_as_old(*fields: tuple[object, str], vectors: list[Vector] = NO_ZERO) -> Iterator[None]:
    """Put a vector into each field, a row and its column: first as it is saved today, then untouched."""
    pairs = list(zip(fields, vectors, strict=True))
    for (row, column), vector in pairs:
        setattr(row, column, vector.block)
        row.save()
    yield
    for (row, column), vector in pairs:
        overwrite(row, column, vector.block)
    yield


def assert_same_and_harmless(today: str, old: str) -> None:
    assert old == today
    assert "Vector " in old
    assert not re.search(r"<(script|img src=.no|svg on|iframe|base|meta|style)|href=.[^:#/]*(script|data):", old)


@pytest.mark.parametrize("block", [ProseBlock, CalloutBlock])
def test_a31_old_blocks_show_the_same_article_as_those_saved_today(client, block):
    make_reference("doe2020")
    article = make_article()
    blocks = [block(parent=article, region="main", ordering=vector.number) for vector in NO_ZERO]
    pages = []
    for _ in as_saved_and_as_old(*((block, "html") for block in blocks)):
        html = client.get(article.get_absolute_url()).content.decode()
        pages.append(re.search(r'<article class="prose">(.*)<div class="share', html, re.DOTALL)[1])
    assert_same_and_harmless(*pages)


def test_a31_old_answers_show_the_same_page_as_those_saved_today(client):
    make_reference("doe2020")
    questions = [make_question(slug=f"q-{vector.number}") for vector in NO_ZERO]
    pages = []
    for _ in as_saved_and_as_old(*((question, "answer") for question in questions)):
        html = client.get("/questions/").content.decode()
        pages.append(html.partition('<div class="prose">')[2].partition("</main>")[0])
    assert_same_and_harmless(*pages)


def test_a31_old_pages_and_texts_show_the_same_as_those_saved_today(client):
    page, text = Page.objects.create(title="Old", slug="old", summary="Old.", body="x"), make_text("consult-next")
    vectors = [vector for vector in NO_ZERO if vector.number % 8 == 0]
    for vector in vectors:
        for row, path, start in ((page, "/old/", '<div class="prose">'), (text, "/consult/", '<div class="facts">')):
            parts = []
            for _ in as_saved_and_as_old((row, "body"), vectors=[vector]):
                parts.append(client.get(path).content.decode().partition(start)[2].partition("</main>")[0])
            assert_same_and_harmless(*parts)
