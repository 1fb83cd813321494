import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from articles.models import Article, EvidenceBlock, ForbiddenWord, ProseBlock, Question, Reference, Topic
from clinic_site.content_files import ContentError
from clinic_site.content_loader import load_content
from clinic_site.core.models import ClinicIdentity, LoadedContent, Page, SiteText
from consults.models import ConsentText
from locations.models import Location
from tests.factories.articles import NOW

pytestmark = pytest.mark.django_db

MODELS = [
    Article,
    ClinicIdentity,
    ConsentText,
    ForbiddenWord,
    Location,
    Page,
    ProseBlock,
    Question,
    Reference,
    SiteText,
    Topic,
]

ARTICLE = {
    "slug": "is-it",
    "title": "Is it?",
    "topic": "safety",
    "summary": "Whether it is.",
    "standfirst": "Perhaps [@doe2020].",
    "is_medical": True,
    "is_featured": False,
    "published_on": datetime(2026, 7, 1).date(),
    "key_facts": ["One [@doe2020].", "Two."],
    "blocks": [
        {"prose": "<h2>Why</h2><p>So [@doe2020].</p><script>alert(1)</script>"},
        {"callout": {"kind": "tip", "heading": "Note", "body": "<p>This.</p>"}},
        {"evidence": {"caption": "Table", "columns": ["A", "B"], "rows": [["c [@doe2020]", "d"]]}},
    ],
}
CONTENT = {
    "identity": {"name": "Example Clinic", "tagline": "", "phone": "+12055572253"},
    "locations": [
        {
            "slug": "north",
            "name": "North",
            "street": "1 Example St",
            "city": "Example",
            "state": "AL",
            "postal_code": "35000",
            "phone": "+12055572253",
            "summary": "",
            "position": 1,
        }
    ],
    "topics": [{"slug": "safety", "name": "Safety", "summary": "", "position": 1}],
    "references": [
        {
            "key": "doe2020",
            "authors": "",
            "title": "On it",
            "journal": "",
            "year": None,
            "volume": "",
            "pages": "",
            "doi": "",
            "link": "",
            "checked": True,
        }
    ],
    "questions": [
        {"slug": "why", "group": "Privacy and safety", "question": "Why?", "answer": "<p>So.</p>", "position": 3}
    ],
    "pages": [{"slug": "about", "title": "About", "summary": "Us.", "body": "<p>We are.</p>"}],
    "texts": [{"key": "risks", "heading": "Risks", "body": "<p>Some [@doe2020].</p>"}],
    "consent": [{"purpose": "contact", "body": "You ask us to contact you."}],
    "forbidden_words": [{"words": "miracle*", "instead": "Leave it out.", "level": "error", "note": "Sales talk."}],
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of good content with one entry of each kind."""
    for kind, content in CONTENT.items():
        write(tmp_path, kind, content)
    (tmp_path / "articles").mkdir()
    write(tmp_path, "articles/is-it", ARTICLE)
    return tmp_path


def write(folder: Path, name: str, content) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def counts() -> dict:
    return {model.__name__: model.objects.count() for model in MODELS}


def test_every_kind_becomes_rows(folder):
    load_content(now=NOW, folder=folder)
    assert set(counts().values()) == {1}
    assert ClinicIdentity.load().phone_text == "(205) 557-2253"
    assert Location.objects.get().address_line == "1 Example St, Example, AL 35000"
    assert Question.objects.get().group == Question.Group.PRIVACY
    assert str(Reference.objects.get().checked_on) == "2026-11-25"
    assert ConsentText.current("contact").created_at == NOW


def test_an_article_becomes_blocks_in_page_order(folder):
    load_content(now=NOW, folder=folder)
    article = Article.objects.get()
    prose, callout, evidence = article.blocks()
    assert [block.ordering for block in article.blocks()] == [10, 20, 30]
    assert prose.html == "<h2>Why</h2><p>So [@doe2020].</p>"
    assert (callout.look, callout.heading, callout.html) == ("tip", "Note", "<p>This.</p>")
    assert evidence.cells == [["A", "B"], ["c [@doe2020]", "d"]]
    assert article.key_fact_list == ["One [@doe2020].", "Two."]
    assert article.word_count > 0


def test_articles_are_published_at_nine_in_alabama_and_count_as_written_then(folder):
    load_content(now=NOW, folder=folder)
    article = Article.objects.get()
    assert article.published_at == datetime(2026, 7, 1, 14, tzinfo=UTC)
    assert article.modified_at == article.published_at


def test_loading_again_changes_nothing(folder):
    created = load_content(now=NOW, folder=folder)
    before = counts()
    assert load_content(now=NOW, folder=folder) == []
    assert counts() == before
    assert LoadedContent.objects.count() == len(created) == 10


def test_what_staff_changed_stays_changed(folder):
    load_content(now=NOW, folder=folder)
    Article.objects.update(title="Ours now")
    ProseBlock.objects.all().delete()
    write(folder, "articles/is-it", {**ARTICLE, "title": "A newer title"})
    load_content(now=NOW, folder=folder)
    assert Article.objects.get().title == "Ours now"
    assert not ProseBlock.objects.exists()


def test_what_staff_deleted_or_renamed_does_not_come_back(folder):
    load_content(now=NOW, folder=folder)
    Question.objects.all().delete()
    Article.objects.update(slug="renamed")
    load_content(now=NOW, folder=folder)
    assert not Question.objects.exists()
    assert Article.objects.get().slug == "renamed"


def test_a_row_that_staff_made_first_is_left_alone(folder):
    Topic.objects.create(slug="safety", name="Our own safety")
    ClinicIdentity.objects.create(name="Our own name")
    load_content(now=NOW, folder=folder)
    assert Topic.objects.get().name == "Our own safety"
    assert ClinicIdentity.load().name == "Our own name"
    Topic.objects.update(slug="renamed")
    load_content(now=NOW, folder=folder)
    assert Topic.objects.count() == 1


def test_content_of_a_later_release_is_added(folder):
    load_content(now=NOW, folder=folder)
    write(folder, "articles/new", {**ARTICLE, "slug": "new"})
    assert [entry.name for entry in load_content(now=NOW, folder=folder)] == ["new"]
    assert Article.objects.count() == 2


BROKEN = {
    "an unknown key": ({**ARTICLE, "titel": "x"}, "articles/is-it.yaml: is-it: unknown key “titel”"),
    "a missing key": ({k: v for k, v in ARTICLE.items() if k != "summary"}, "is-it: “summary” is missing"),
    "a wrong type": ({**ARTICLE, "title": 2020}, "“title” must be str, not 2020"),
    "a number for yes": ({**ARTICLE, "is_medical": 1}, "“is_medical” must be bool, not 1"),
    "no name": ({**ARTICLE, "slug": None}, "“slug” must be str, not None"),
    "a list of lists": ([["x"]], "must be keys with values"),
    "nothing": (None, "must be keys with values"),
    "an unknown topic": ({**ARTICLE, "topic": "gone"}, "there is no topic “gone”"),
    "an unknown source": (
        {**ARTICLE, "standfirst": "X [@gone]."},
        "standfirst: There is no reference with the key gone",
    ),
    "too long a title": ({**ARTICLE, "title": "x" * 111}, "title: Ensure this value has at most 110 characters"),
    "an unknown block": ({**ARTICLE, "blocks": [{"video": "x"}]}, "block 1: unknown kind of block “video”"),
    "two kinds in a block": ({**ARTICLE, "blocks": [{"prose": "x", "callout": {}}]}, "each block is one of"),
    "a block that is text": ({**ARTICLE, "blocks": ["x"]}, "each block is one of"),
    "prose that is no text": ({**ARTICLE, "blocks": [{"prose": ["x"]}]}, "block 1: prose must be text"),
    "half a callout": (
        {**ARTICLE, "blocks": [{"callout": {"kind": "tip"}}]},
        "block 1 (callout): “heading” is missing",
    ),
    "an unknown callout": (
        {**ARTICLE, "blocks": [{"callout": {"kind": "red", "heading": "x", "body": "x"}}]},
        "look: Value 'red' is not a valid choice",
    ),
    "a ragged table": (
        {**ARTICLE, "blocks": [{"evidence": {"caption": "x", "columns": ["A", "B"], "rows": [["c"]]}}]},
        "table: Line 2 has 1 cells, but the headings are 2",
    ),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_and_nothing_is_loaded(folder, content, message):
    write(folder, "articles/is-it", content)
    with pytest.raises(ContentError) as caught:
        load_content(now=NOW, folder=folder)
    assert message in str(caught.value)
    assert str(caught.value).startswith("articles/is-it.yaml")
    assert set(counts().values()) == {0}
    assert not LoadedContent.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- slug: a\n  name: b: c\n", "topics.yaml is not good YAML"),
        ("- slug: a\n  name: b\n  name: c\n", "“name” stands twice"),
        ("- slug: a\n  {name: b\n", "topics.yaml is not good YAML"),
        ("- !!python/object/apply:os.system [ls]\n", "topics.yaml is not good YAML"),
        ("- \0\n", "topics.yaml is not good YAML"),
    ],
)
def test_what_is_not_yaml_is_named(folder, text, message):
    (folder / "topics.yaml").write_text(text)
    with pytest.raises(ContentError, match=message):
        load_content(now=NOW, folder=folder)


def test_bytes_that_are_no_text_are_named(folder):
    (folder / "topics.yaml").write_bytes(b"- \xff\n")
    with pytest.raises(ContentError, match=r"topics\.yaml is not good YAML"):
        load_content(now=NOW, folder=folder)


def test_a_name_that_stands_twice_is_named(folder):
    write(folder, "articles/copy", ARTICLE)
    with pytest.raises(ContentError, match="“is-it” stands more than once"):
        load_content(now=NOW, folder=folder)


def test_a_missing_file_is_named(folder):
    shutil.rmtree(folder / "articles")
    with pytest.raises(ContentError, match=r"articles\.yaml is missing"):
        load_content(now=NOW, folder=folder)


def test_an_unknown_group_lists_the_known_ones(folder):
    write(folder, "questions", [{**CONTENT["questions"][0], "group": "Money"}])
    with pytest.raises(ContentError, match="unknown group “Money”; known are About ketamine, What it is like"):
        load_content(now=NOW, folder=folder)


# The command ---------------------------------------------------------------------------------


def run(**options) -> str:
    out = StringIO()
    call_command("load_content", stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_it_created():
    first = run()
    assert "Loaded locations: 2\n" in first
    assert "Loaded articles: 10\n" in first
    assert "birmingham" not in first
    assert run() == "The initial content is already there.\n"


def test_the_command_names_each_row_when_asked():
    assert "  birmingham\n  auburn\n" in run(verbosity=2)


def test_the_command_fails_in_one_line(folder):
    write(folder, "topics", [{"slug": "a"}])
    with pytest.raises(CommandError, match=r"^topics\.yaml: a: “name” is missing\. Nothing was loaded\.$"):
        run(folder=folder)


def test_an_evidence_table_without_a_note_loads(folder):
    load_content(now=NOW, folder=folder)
    assert EvidenceBlock.objects.get().note == ""
