from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from articles.comparing import Part, compare

TEXTS = st.lists(st.text("ab <&", min_size=1, max_size=8).filter(str.strip), max_size=6)


def parts(*texts: str) -> list[Part]:
    return [Part("Text", text) for text in texts]


def kinds(changes) -> list[str]:
    return [change.kind for change in changes]


def test_a_changed_paragraph_shows_which_words_went_and_came():
    (change,) = compare(parts("It was seen in 41 people."), parts("It was seen in 30 people."))
    assert change.kind == "changed"
    assert change.html == "It was seen in <del>41 </del><ins>30 </ins>people."


def test_added_and_removed_paragraphs_stand_in_their_places():
    changes = compare(parts("One", "Two", "Three"), parts("One", "Three", "Four"))
    assert [(change.kind, change.html) for change in changes] == [
        ("same", "One"),
        ("removed", "<del>Two</del>"),
        ("same", "Three"),
        ("added", "<ins>Four</ins>"),
    ]


def test_long_runs_of_the_same_are_folded():
    same = [f"Paragraph {number}" for number in range(9)]
    changes = compare(parts(*same, "Old"), parts(*same, "New"))
    assert kinds(changes) == ["fold", "same", "changed"]
    assert changes[0].html == "8 paragraphs are the same"


def test_what_was_written_is_shown_and_not_run():
    (change,) = compare(parts("a"), parts("<script>alert(1)</script>"))
    assert "<script>" not in change.html


@given(before=TEXTS, after=TEXTS)
def test_every_paragraph_can_be_read_from_a_comparison(before, after):
    changes = compare(parts(*before), parts(*after))
    hidden = sum(int(change.html.split()[0]) for change in changes if change.kind == "fold")
    count = Counter(change.kind for change in changes)
    assert count["same"] + count["changed"] + count["removed"] + hidden == len(before)
    assert count["same"] + count["changed"] + count["added"] + hidden == len(after)
    assert any(change.is_difference for change in changes) is (before != after)
