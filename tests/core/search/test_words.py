import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_site.core.search.words import MOST_CHARACTERS, MOST_WORDS, fold, read_query


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Élan", ("elan",)),
        ("E\u0301lan", ("elan",)),
        ("don't don’t DONT", ("dont",)),
        ("treatment-resistant", ("treatment", "resistant")),
        ("ptsd?", ("ptsd",)),
        ("C++", ("c",)),
        ("PTSD OR", ("ptsd", "or")),
        ("NEAR(", ("near",)),
        ("foo:bar", ("foo", "bar")),
        ("50%", ("50",)),
        ("a\0b", ("a", "b")),
        ("ﬁne ½", ("fine", "12")),
        ('" * ( { 🙂', ()),
        ("", ()),
        ("   ", ()),
        ("\0", ()),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(typed, words):
    assert read_query(typed).words == words


def test_what_is_shown_again_has_no_control_characters_and_one_space_between_words():
    assert read_query(" side\t \x07effects\0 ").text == "side effects"


def test_a_long_query_is_cut_and_says_so():
    long = read_query("word" * 2500)
    assert (len(long.text), long.is_cut) == (MOST_CHARACTERS, True)
    many = read_query(" ".join(f"w{number}" for number in range(MOST_WORDS + 1)))
    assert (len(many.words), many.is_cut) == (MOST_WORDS, True)
    assert not read_query("side effects").is_cut


def test_common_words_are_looked_for_only_when_there_are_no_others():
    assert read_query("what does it cost").telling_words == ("cost",)
    assert read_query("what is it").telling_words == ("what", "is", "it")


def test_a_query_with_other_words_keeps_the_rest_as_it_was():
    assert read_query("Ketmaine, and Safty?").with_words({"ketmaine": "ketamine"}).text == "ketamine, and Safty?"


@given(st.text(max_size=300))
def test_any_text_makes_a_query_of_words_that_no_database_can_misread(typed):
    query = read_query(typed)
    assert len(query.text) <= MOST_CHARACTERS
    assert all(word.isalnum() and word == fold(word) for word in query.words)
