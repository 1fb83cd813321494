"""The picture for sharing: its size, its words whole and readable, its address and its cost."""

import io
import time

import pytest
from PIL import Image

from clinic_site.core import share_picture
from clinic_site.core.art import SKIES, landscape
from clinic_site.core.share_picture import SharePicture, fit, wrap

LONGEST = (
    "What a title says that has as many letters as the field may keep, one hundred and ten of them, no more or less"
)


def make_picture(**changes) -> SharePicture:
    return SharePicture(**{"title": "Is it?", "byline": "Example Clinic", "scene_key": "is-it", **changes})


def luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colour(text: str) -> tuple[int, ...]:
    return Image.new("RGB", (1, 1), text).getpixel((0, 0))


def test_it_is_1200_by_630_and_small():
    file = make_picture(title=LONGEST).jpeg()
    image = Image.open(io.BytesIO(file))
    assert (image.format, image.size) == ("JPEG", (1200, 630))
    assert len(file) < 200_000


def test_words_stand_out_from_every_ground():
    for name, sky in SKIES.items():
        for ink in (share_picture.INK, share_picture.QUIET_INK):
            assert contrast(colour(ink), colour(sky.ridges[4])) >= 4.5, (name, ink)


@pytest.mark.parametrize("key", ["a", "b", "c", "d", "e", "f", "g", "h"])
def test_the_ground_under_the_words_is_plain(key):
    """No ridge and no tree reaches into the words."""
    image = Image.open(io.BytesIO(make_picture(title=" ", scene_key=key).jpeg()))
    words = image.crop((0, share_picture.TITLE_TOP, 1200, share_picture.TITLE_BOTTOM))
    ground = colour(landscape(key).sky.ridges[4])
    assert all(
        abs(low - value) < 8 > abs(high - value) for (low, high), value in zip(words.getextrema(), ground, strict=True)
    )


@pytest.mark.parametrize(
    "title",
    ["Short", LONGEST, "W" * 110, "Ketamine & “PTSD”: what’s known – and isn’t?", "a " * 55, "Fettucine ffi ﬁ 中文"],
)
def test_nothing_is_cut_off(title):
    font, lines = fit(title, width=1048, height=198)
    assert "".join("".join(lines).split()) == "".join(title.split())
    assert max(map(font.getlength, lines)) <= 1048
    assert len(lines) * font.size * share_picture.LINE_HEIGHT <= 198


def test_no_word_stands_alone_on_the_last_line_when_it_need_not():
    _, lines = fit("What to expect at a ketamine infusion", width=1048, height=198)
    assert lines == ["What to expect at a", "ketamine infusion"]


def test_lines_break_between_words():
    font, _ = fit("x", width=1048, height=198)
    assert all(not line.startswith(" ") and not line.endswith(" ") for line in wrap(LONGEST, font, 500))


def test_the_address_follows_what_is_shown():
    versions = {
        make_picture(**changes).version for changes in ({}, {"title": "Other"}, {"byline": "Other"}, {"scene_key": "x"})
    }
    assert len(versions) == 4
    assert make_picture().version == make_picture().version


@pytest.mark.parametrize("title", ["x\x0b\x00y\ufffe", "\ud800", "", "\n\n", "‮evil"])
def test_odd_titles_are_drawn_all_the_same(title):
    assert make_picture(title=title).jpeg().startswith(b"\xff\xd8")
    assert make_picture(title=title).version


def test_a_picture_is_drawn_once_and_quickly():
    picture = make_picture(title="How long does this take?")
    start = time.process_time()
    first = picture.jpeg()
    cost = time.process_time() - start
    assert cost < 1  # 0.1 s on the machine it was measured on
    start = time.process_time()
    assert picture.jpeg() is first
    assert time.process_time() - start < 0.01
