import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.readability import count_syllables, count_words, reading_grade, sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("No end mark", 1),
        ("", 0),
        ("Scores fell 18.5 points, from 30.1 to 11.6.", 1),
        ("Dr. Doe wrote it. It is short.", 2),
        ("It helps with sleep, e.g. at night. So does rest.", 2),
        ("The U.S. Food and Drug Administration said so.", 1),
        ("“Stop.” She left.", 2),
        ("In 2000 it began. In 2019 it went on.", 2),
        ("It was 2019. 80 people took part.", 2),
        ("Doe et al. 2020 found it.", 1),
    ],
)
def test_a_paragraph_is_cut_into_sentences(text, count):
    assert len(sentences(text)) == count


@given(st.text())
def test_sentences_lose_no_word(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("In 73 people (50%), scores fell by 5.5 points.", 9),
        ("A well-known drug’s effect", 4),
        ("Yes | no – maybe", 3),
        ("", 0),
    ],
)
def test_words_are_counted(sentence, words):
    assert count_words(sentence) == words


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("ketamine", 3), ("depression", 3), ("psychiatric", 4), ("anxiety", 4), ("infusion", 3), ("placebo", 3),
        ("patient", 2), ("medication", 4), ("clinician", 3), ("trial", 2), ("studies", 2), ("study", 2), ("take", 1),
        ("takes", 1), ("worked", 1), ("wanted", 2), ("doses", 2), ("able", 2), ("table", 2), ("whole", 1),
        ("disease", 2), ("approved", 2), ("people", 2), ("create", 2), ("area", 3), ("fluid", 2), ("the", 1),
        ("me", 1), ("55", 1), ("40-minute", 2), ("don’t", 1), ("side", 1), ("changes", 2), ("bladder", 2),
    ],
)  # fmt: skip
def test_syllables_are_counted(word, syllables):
    assert count_syllables(word) == syllables


def test_grades_follow_length_and_weight():
    easy = reading_grade(["The cat sat. It was warm."])
    hard = reading_grade(["Psychopharmacological investigations necessitate methodological considerations throughout."])
    assert easy < 2
    assert hard > 16
    assert reading_grade([]) is None
    assert reading_grade(["", "–"]) is None
