"""A30: control characters go when a text is saved, by whatever road it comes; tabs and line ends stay."""

import pytest

from articles.models import Article
from clinic_site.core.models import ClinicIdentity, Page
from tests.factories.articles import make_article, make_question, make_topic
from tests.factories.locations import make_location

pytestmark = pytest.mark.django_db

DIRTY = "A\x0b B\x08\x1f\x00\ufffe C\ud800"
CLEAN = "A B C"


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (make_article, ["title", "summary", "standfirst", "key_facts"]),
        (make_topic, ["name", "summary"]),
        (make_question, ["question"]),
        (make_location, ["name", "street", "city", "summary", "parking", "access", "directions", "what_to_bring"]),
        (lambda **fields: Page.objects.create(slug="p", body="<p>x</p>", **fields), ["title", "summary"]),
        (lambda **fields: ClinicIdentity.objects.create(**fields), ["name", "tagline"]),
    ],
)
def test_a30_every_text_that_reaches_xml_is_clean_once_saved(make, fields):
    row = make(**dict.fromkeys(fields, DIRTY), **({"slug": "x"} if make is make_location else {}))
    assert {name: getattr(row, name) for name in fields} == dict.fromkeys(fields, CLEAN)
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in fields} == dict.fromkeys(fields, CLEAN)


def test_a30_update_cleans_too_and_keeps_tabs_and_line_ends():
    article = make_article()
    Article.objects.filter(pk=article.pk).update(key_facts="One\x0b.\r\n\tTwo\x1f.")
    article.refresh_from_db()
    assert article.key_facts == "One.\r\n\tTwo."


def test_a30_full_clean_cleans_before_it_counts():
    page = Page(title="x" * 110 + "\x0b", slug="p", summary="s", body="<p>x</p>")
    page.full_clean()
    assert page.title == "x" * 110


def test_the_columns_are_ordinary_ones():
    """No migration names our class, so it can be changed or moved."""
    for name in ("title", "standfirst"):
        path = Article._meta.get_field(name).deconstruct()[1]
        assert path.startswith("django.db.models."), path
