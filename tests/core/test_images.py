"""Uploads as phones and print shops send them; the recipes are those of the case book."""

import io

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from clinic_site.core.images import reencode


def jpeg(image: Image.Image, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(reencode(io.BytesIO(data)).read()))


def phone_photo() -> bytes:
    image = Image.new("RGB", (400, 200), "white")
    image.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (33.0, 26.0, 12.0), "W", (86.0, 47.0, 1.0)
    return jpeg(image, exif=exif)


def test_a_sideways_phone_photo_comes_out_upright_and_without_its_place():
    image = opened(phone_photo())
    assert image.size == (200, 400)
    red, _, blue = image.getpixel((100, 100))
    assert red > 200 > blue
    assert not image.getexif()
    assert "exif" not in image.info


def test_a_print_shop_jpeg_keeps_its_red():
    image = opened(jpeg(Image.new("CMYK", (300, 200), (0, 255, 255, 0))))
    red, green, blue = image.getpixel((150, 100))
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "1", "L"])
def test_png_of_any_kind_is_taken(mode):
    out = io.BytesIO()
    Image.new(mode, (50, 40)).save(out, "PNG")
    assert opened(out.getvalue()).size == (50, 40)


def test_a_two_picture_phone_jpeg_is_taken():
    out = io.BytesIO()
    one = Image.effect_noise((400, 300), 60).convert("RGB")
    one.save(out, "MPO", save_all=True, append_images=[one.copy()])
    assert opened(out.getvalue()).size == (400, 300)


def test_a_script_behind_the_picture_is_gone():
    data = phone_photo() + b"<script>alert(1)</script>"
    assert b"<script>" not in reencode(io.BytesIO(data)).read()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 200, "HEIC"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "JPEG, PNG or WebP"),
        (b"<html><script>alert(1)</script></html>", "JPEG, PNG or WebP"),
        (b"", "JPEG, PNG or WebP"),
    ],
)
def test_what_is_no_picture_is_refused_in_plain_words(data, words):
    with pytest.raises(ValidationError, match=words):
        reencode(io.BytesIO(data))


def test_half_a_picture_is_refused():
    whole = jpeg(Image.effect_noise((800, 600), 80).convert("RGB"))
    with pytest.raises(ValidationError, match="incomplete"):
        reencode(io.BytesIO(whole[: len(whole) // 2]))


@pytest.mark.parametrize("size", [(13_000, 13_000), (1, 60_000), (30_000, 1)])
def test_a_picture_of_absurd_size_is_refused_from_its_header(size):
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    with pytest.raises(ValidationError, match="too large"):
        reencode(io.BytesIO(out.getvalue()))
