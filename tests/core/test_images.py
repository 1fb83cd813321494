"""Uploads as phones and print shops send them; the recipes are those of the case book."""

import io
import subprocess
import sys
import time
import zlib

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from PIL import Image, ImageCms

from clinic_site.core import images
from clinic_site.core.images import CleanPicture, reencode
from tests.factories.pictures import FAKE_HEIC, file_of, huge_png, phone_photo, two_picture_photo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def clean(data: bytes) -> CleanPicture:
    return reencode(io.BytesIO(data))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(clean(data).read()))


@pytest.fixture
def without_heif(monkeypatch):
    """As on a server without pillow-heif."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)


def real_heic(**options) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    image = Image.new("RGB", (120, 80), "white")
    image.paste("red", (0, 0, 60, 80))
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, format="HEIF", quality=90, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a13_a_sideways_phone_photo_comes_out_upright_and_without_its_place(kind):
    data = phone_photo(kind)
    picture, image = clean(data), opened(data)
    assert (picture.width, picture.height) == image.size == (200, 400)
    red, green, blue = image.getpixel((100, 100))
    assert red > 200 > max(green, blue)
    assert min(image.getpixel((100, 300))) > 230
    assert not image.getexif()
    assert "exif" not in image.info


def profile_that_swaps_red_and_green() -> bytes:
    """The profile of a camera whose red is our green."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a14_colours_are_converted_from_the_profile_of_the_camera(mode):
    image = Image.new("RGB", (50, 40), "red").convert(mode)
    if mode == "RGBA":
        image.putalpha(200)
    pixel = opened(file_of(image, "PNG", icc_profile=profile_that_swaps_red_and_green())).getpixel((25, 20))
    assert pixel[1] > 240
    assert max(pixel[0], pixel[2]) < 15
    assert pixel[3:] in ((), (200,))


@pytest.mark.parametrize("profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()])
def test_a14_a_broken_profile_is_no_reason_to_refuse_a_picture(profile):
    assert opened(file_of(Image.new("RGB", (50, 40), "red"), icc_profile=profile)).getpixel((25, 20))[0] > 240


def test_a34_a_print_shop_jpeg_keeps_its_red():
    image = opened(file_of(Image.new("CMYK", (300, 200), (0, 255, 255, 0))))
    assert image.mode == "RGB"
    red, green, blue = image.getpixel((150, 100))
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "1", "L", "I;16"])
def test_a34_png_of_any_kind_is_taken(mode):
    assert opened(file_of(Image.new(mode, (50, 40)), "PNG")).size == (50, 40)


def test_a34_sixteen_bits_of_grey_are_not_cut_off():
    assert opened(file_of(Image.new("I;16", (50, 40), 128 * 256), "PNG")).getpixel((25, 20)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_a34_half_transparent_stays_half_transparent(mode):
    image = opened(file_of(Image.new("RGBA", (50, 40), (90, 90, 90, 128)).convert(mode), "PNG"))
    assert image.getpixel((25, 20)) == (90, 90, 90, 128)


def test_a32_a_script_behind_the_picture_is_gone():
    data = phone_photo() + b"<script>alert(1)</script>"
    assert b"<script>" not in clean(data).read()


@pytest.mark.parametrize(
    "data",
    [SVG, b"<html><script>alert(1)</script></html>", b"", b"GIF89a" + b"\0" * 50, b"%!PS-Adobe-3.0 EPSF-3.0\n"],
    ids=["svg", "html", "nothing", "gif", "eps"],
)
def test_a32_what_is_no_picture_is_refused_in_plain_words(data):
    with pytest.raises(ValidationError, match=r"not a picture we can use\. Upload a JPEG, PNG or WebP"):
        clean(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_a35_a_broken_off_upload_is_refused(kind, part):
    whole = file_of(Image.effect_noise((800, 600), 80).convert("RGB"), kind)
    assert clean(whole).width == 800
    with pytest.raises(ValidationError, match=r"incomplete or damaged\. Please upload it again"):
        clean(whole[: int(len(whole) * part)])


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0", phone_photo()[:20]], ids=["four bytes", "header only"])
def test_a35_a_header_alone_is_refused(data):
    with pytest.raises(ValidationError, match="incomplete or damaged"):
        clean(data)


def huge(width: int, height: int) -> bytes:
    """A PNG that promises this size: the real thing, but without 1.2 GB of rows where it is too slow to make."""
    if width * height < 200_000_000:
        return huge_png(width, height)
    small = bytearray(huge_png(1, 1))
    small[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    small[29:33] = zlib.crc32(bytes(small[12:29])).to_bytes(4, "big")
    return bytes(small)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((13_000, 13_000), "too large"),
        ((20_000, 20_000), "too large. The limit is 24 megapixels"),
        ((1, 60_000), "too large: 1 by 60000 pixels. The limit is 24 megapixels and 10,000 pixels a side"),
        ((30_000, 1), "too large: 30000 by 1 pixels"),
        ((9_000, 700), "too narrow: 9000 by 700 pixels"),
    ],
)
def test_a33_a_picture_of_absurd_size_is_refused_from_its_header(size, words):
    data = huge(*size)
    started = time.perf_counter()
    with pytest.raises(ValidationError, match=words):
        clean(data)
    assert time.perf_counter() - started < 1


MEASURE = """
import io, resource, sys
from django.core.exceptions import ValidationError
from clinic_site.core.images import reencode
upload = io.BytesIO(sys.stdin.buffer.read())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    reencode(upload)
except ValidationError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a33_refusing_a_huge_picture_takes_no_memory():
    """Decoded, 13,000 by 13,000 pixels would take 507 MB."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=settings.BASE_DIR, input=huge_png(13_000, 13_000), capture_output=True
    )
    assert int(run.stdout) < 100_000, run.stderr  # kB


def test_a46_a_two_picture_phone_jpeg_is_taken():
    assert opened(two_picture_photo()).size == (400, 300)


def test_a46_an_iphone_photo_is_converted():
    image = opened(real_heic())
    assert (image.format, image.size) == ("JPEG", (120, 80))
    assert image.getpixel((20, 40))[0] > 200 > image.getpixel((20, 40))[1]
    assert min(image.getpixel((100, 40))) > 230


def test_a46_an_iphone_photo_loses_its_place_too():
    exif = Image.Exif()
    exif[0x010F] = "Camera of Dana"
    data = real_heic(exif=exif.tobytes())
    assert b"Camera of Dana" in data
    assert b"Camera of Dana" not in clean(data).read()


@pytest.mark.parametrize("data", [FAKE_HEIC, FAKE_HEIC[:12], FAKE_HEIC.replace(b"ftypheic", b"ftypmif1")])
def test_a46_a_damaged_iphone_photo_is_refused_with_the_way_out(data):
    with pytest.raises(ValidationError, match=r"HEIC format cannot be read\. Share it as JPEG: .* Most Compatible"):
        clean(data)


@pytest.mark.usefixtures("without_heif")
def test_a46_without_the_converter_an_iphone_photo_is_refused_with_the_way_out():
    # The second is how a real one begins, as pillow-heif writes it.
    for data in (FAKE_HEIC, b"\0\0\0\x24ftypheic\0\0\0\0mif1heicmiaf\0\0\0\0" + b"\0" * 500):
        with pytest.raises(ValidationError, match=r"an iPhone photo in HEIC format\. Share it as JPEG: .* Most Compat"):
            clean(data)


def test_a46_a_huge_iphone_photo_is_refused_before_it_is_decoded(monkeypatch):
    data = real_heic()
    monkeypatch.setattr(images, "MAX_MEGAPIXELS", 0.009)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(ValidationError, match="too large: 120 by 80"):
        clean(data)
