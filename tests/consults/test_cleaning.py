import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from consults.cleaning import clean_email, dialable, one_line


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("siobhan.o'brien@mail.example", "siobhan.o'brien@mail.example"),
        ("dana+ketamine@mail.example", "dana+ketamine@mail.example"),
        (" dana@mail.example ", "dana@mail.example"),
        ("DANA@MAIL.EXAMPLE", "DANA@MAIL.EXAMPLE"),
        ("dana@bücher.example", "dana@bücher.example"),
        ("dana@x.museum", "dana@x.museum"),
        ("\u200bdana@mail.example", "dana@mail.example"),
        ("dana@mail.example\u200b", "dana@mail.example"),
        ("\u202adana@mail.example\u202c", "dana@mail.example"),
        ("mailto:dana@mail.example", "dana@mail.example"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a40_good_addresses_are_stored_clean(typed, stored):
    assert clean_email(typed) == stored


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("dana@mail", "needs a dot"),
        ("dana@localhost", "needs a dot"),
        ("a@b.example,c@d.example", "one email address only"),
        ("Dana <d@mail.example>", "correct format"),
        ("d" * 250 + "@mail.example", "too long"),
        ("dana", "correct format"),
        ("@mail.example", "correct format"),
        ("dana@", "correct format"),
        ("dana@mail..example", "correct format"),
        ("da na@mail.example", "correct format"),
    ],
)
def test_a40_bad_addresses_are_refused_with_words_that_help(typed, words):
    with pytest.raises(ValidationError, match=words):
        clean_email(typed)


US = "tel:+1-205-555-0142"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(205) 555-0142", US),
        ("205.555.0142 x7", f"{US};ext=7"),
        ("205-555-0142 ext. 4417", f"{US};ext=4417"),
        ("+1 205 555 0142", US),
        ("1-205-555-0142", US),
        ("2055550142", US),
        ("\u202a205-555-0142\u202c", US),
        ("205\u00a0555\u20110142", US),
        ("２０５５５５０１４２", US),
        ("+44 20 7946 0958", "tel:+44-20-7946-0958"),
    ],
)
def test_a41_real_numbers_become_dialable_with_their_extension(typed, stored):
    assert dialable(typed) == stored


@pytest.mark.parametrize(
    "typed", ["call after 5", "n/a", "", "557-22", "5572253", "1" * 300, "----", "+", "205-CALL-NOW x"]
)
def test_a41_what_is_no_number_is_not_dialable(typed):
    assert dialable(typed) == ""


@given(st.text(max_size=400))
def test_no_text_breaks_the_cleaning(text):
    dialable(text)
    assert "\n" not in one_line(text)
    try:
        clean_email(text)
    except ValidationError:
        pass


@pytest.mark.parametrize("separator", ["\r\n", "\n", "\x0b", "\x85", "\u2028", "\u2029", "\t"])
def test_a06_a_name_is_one_line(separator):
    assert one_line(f"Dana{separator}Bcc: all@evil.example") == "Dana Bcc: all@evil.example"
