"""Photos: what is uploaded is checked, turned upright, stripped of metadata and encoded anew; crops are cut from it."""

import io
import secrets
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features

from .media_files import FileUnreadable, read_stored

MAX_MEGAPIXELS = 24
MAX_SIDE = 10_000  # pixels
MAX_RATIO = 12  # of the longer side to the shorter
LONGEST_STORED_SIDE = 2400  # pixels
FORMATS = ["JPEG", "PNG", "WEBP"]  # JPEG includes MPO, the two-picture file of many phones

CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
# At 1200 by 800 pixels: AVIF 61 kB and 41.0 dB in 0.05 s of one core (speed 6: the same in 0.27 s), WebP 64 kB
# and 38.5 dB in 0.07 s, JPEG 123 kB and 43.3 dB in 0.01 s.
ENCODERS = {
    "avif": {"format": "AVIF", "quality": 55, "speed": 8},
    "webp": {"format": "WEBP", "quality": 76, "method": 4},
    "jpg": {"format": "JPEG", "quality": 80, "progressive": True, "optimize": True},
}
# The brands of HEIF in the bytes after "ftyp": still photos, bursts, and both of them as generic HEIF.
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
HEIC_WAY_OUT = (
    "Share it as JPEG: on the phone choose Settings, Camera, Formats, Most Compatible, "
    "or send it to yourself by mail first."
)

# 588 bytes that spare a program the question which RGB is meant.
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


class CleanPicture(ContentFile):
    """An upload after cleaning: the file, and its `width` and `height` in pixels."""

    def __init__(self, content: bytes, *, name: str, size: tuple[int, int]) -> None:
        super().__init__(content, name=name)
        self.width, self.height = size


def random_name() -> str:
    """Return 16 random hexadecimal digits for a file name."""
    return secrets.token_hex(8)


def can_convert_heic() -> bool:
    """Tell whether photos as iPhones take them can be read (pillow-heif, requirements-extras.txt)."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener(thumbnails=False)
    return True


def reencode(upload) -> CleanPicture:
    """Return the picture in `upload` as a clean file named picture.jpg or picture.png.

    Raises ValidationError, in words for staff, when the file is not a whole picture of an
    allowed kind and size.
    """
    data = upload.read()
    is_heic = data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS
    if is_heic and not can_convert_heic():
        raise ValidationError(f"This is an iPhone photo in HEIC format. {HEIC_WAY_OUT}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["HEIF"] if is_heic else FORMATS) as image:
                _check_size(image)
                image.load()
                return _clean(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(f"This picture is too large. The limit is {MAX_MEGAPIXELS} megapixels.") from None
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        raise ValidationError(_words_for(error, data, is_heic=is_heic)) from None


def _words_for(error: Exception, data: bytes, *, is_heic: bool) -> str:
    if is_heic:
        return f"This iPhone photo in HEIC format cannot be read. {HEIC_WAY_OUT}"
    # A file that begins as a picture does, and then is none, has broken off.
    if isinstance(error, UnidentifiedImageError) and not data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "This file is not a picture we can use. Upload a JPEG, PNG or WebP."
    return "The file is incomplete or damaged. Please upload it again."


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_MEGAPIXELS * 1_000_000 or max(width, height) > MAX_SIDE:
        raise ValidationError(
            f"This picture is too large: {width} by {height} pixels. The limit is {MAX_MEGAPIXELS} "
            f"megapixels and {MAX_SIDE:,} pixels a side."
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ValidationError(
            f"This picture is too narrow: {width} by {height} pixels. One side may be {MAX_RATIO} times "
            "as long as the other at most. Crop it first."
        )


def _clean(image: Image.Image) -> CleanPicture:
    has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    image = _to_srgb(image, mode="RGBA" if has_alpha else "RGB")
    image.thumbnail((LONGEST_STORED_SIDE, LONGEST_STORED_SIDE), Image.Resampling.LANCZOS)
    clean = Image.new(image.mode, image.size)  # a new picture carries no metadata
    clean.paste(image)
    out = io.BytesIO()
    if has_alpha:
        clean.save(out, "PNG", optimize=True, icc_profile=SRGB)
        return CleanPicture(out.getvalue(), name="picture.png", size=clean.size)
    clean.save(out, "JPEG", quality=88, progressive=True, optimize=True, icc_profile=SRGB)
    return CleanPicture(out.getvalue(), name="picture.jpg", size=clean.size)


def _to_srgb(image: Image.Image, *, mode: str) -> Image.Image:
    """Return the picture in `mode`, RGB or RGBA, its colours converted from its own profile."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
        return image.point(lambda value: value / 256).convert("L").convert(mode)
    if mode == "RGBA" or image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert(mode)
    if not profile:
        return image.convert(mode)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    base = image.convert("RGB") if alpha else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        base = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        pass  # a broken profile is no reason to refuse a good picture
    base = base.convert(mode)
    if alpha:
        base.putalpha(alpha)
    return base


# Crops ---------------------------------------------------------------------------------------


def load_master(picture) -> Image.Image:
    """Return the stored picture, decoded. Raises FileUnreadable."""
    data = read_stored(picture.file.name)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
            image.load()
            return image
    except (OSError, SyntaxError, ValueError) as error:
        raise FileUnreadable(type(error).__name__) from error


def crop_box(
    size: tuple[int, int], *, ratio: tuple[int, int] | None, focal: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the largest part of a picture of `size` with this ratio of width to height, as left, top, right, bottom.

    The point `focal`, in percent from the left and the top, is its middle, or as near to it as
    the edges allow. Without a ratio it is the whole picture.
    """
    width, height = size
    if ratio is None:
        return 0, 0, width, height
    crop_width = max(1, min(width, round(height * ratio[0] / ratio[1])))
    crop_height = max(1, min(height, round(width * ratio[1] / ratio[0])))
    left = min(max(round(width * focal[0] / 100 - crop_width / 2), 0), width - crop_width)
    top = min(max(round(height * focal[1] / 100 - crop_height / 2), 0), height - crop_height)
    return left, top, left + crop_width, top + crop_height


def encode(image: Image.Image, *, kind: str) -> bytes:
    """Return `image` as a file of `kind`, a key of ENCODERS. JPEG shows what is transparent as white."""
    if kind == "jpg" and image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    out = io.BytesIO()
    image.save(out, icc_profile=SRGB, **ENCODERS[kind])
    return out.getvalue()


def kinds() -> list[str]:
    """The kinds of file that can be made here, the one every browser reads first."""
    return ["jpg", *(kind for kind in ("webp", "avif") if features.check(kind))]
