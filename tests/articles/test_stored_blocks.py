import pytest
from content_editor.contents import contents_for_item

from articles.models import ProseBlock
from articles.models.blocks import BLOCKS
from clinic_site.core.models import Rendition
from tests.factories.articles import add_callout, add_evidence, add_figure, add_prose, make_article, make_picture

pytestmark = pytest.mark.django_db


def _values(block) -> dict:
    return {field.attname: getattr(block, field.attname) for field in block._meta.concrete_fields}


def test_blocks_are_those_that_the_editor_reads(django_assert_num_queries):
    article = make_article()
    bare, ready = make_picture(), make_picture()
    Rendition.objects.create(picture=ready, shape="whole", kind="jpg", width=480, height=300, file="480.jpg")
    for add in (add_figure, add_evidence, add_callout, add_prose):
        add(article)
    add_figure(article, picture=bare)
    add_figure(article, picture=ready, caption="A room [@doe].")
    add_prose(make_article(), "<p>Of another.</p>")
    with django_assert_num_queries(2):
        blocks = article.blocks()
        shown = [block.picture.whole for block in blocks if block.kind == "figure"]
    expected = list(contents_for_item(article, BLOCKS).main)
    assert blocks == expected
    for block, same in zip(blocks, expected, strict=True):
        assert _values(block) == _values(same)
    assert [(picture.src, picture.srcset) for picture in shown] == [
        ("/media/pictures/room.jpg", ""),
        ("/media/pictures/room.jpg", ""),
        ("/media/480.jpg", "/media/480.jpg 480w"),
    ]


def test_what_another_program_wrote_is_cleaned_in_this_read_too():
    article = make_article()
    block = add_prose(article)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_proseblock SET html = %s", ["<p onclick='x()'>Words</p><script>y()</script>"])
    assert [block.html for block in article.blocks()] == ["<p>Words</p>"] == [ProseBlock.objects.get(pk=block.pk).html]


def test_a_block_can_be_changed_and_saved():
    article = make_article()
    add_prose(article)
    (block,) = article.blocks()
    block.html = "<p>Other words.</p>"
    block.save()
    assert ProseBlock.objects.get().html == "<p>Other words.</p>"
