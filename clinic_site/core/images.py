"""Uploaded photos: checked, turned upright, stripped of metadata, and encoded anew."""

import io
import secrets
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MAX_MEGAPIXELS = 24
MAX_SIDE = 10_000  # pixels
LONGEST_STORED_SIDE = 2400  # pixels
FORMATS = ["JPEG", "PNG", "WEBP"]  # JPEG includes MPO, the two-picture file of many phones


def random_name() -> str:
    """Return 16 random hexadecimal digits for a file name."""
    return secrets.token_hex(8)


def reencode(upload) -> ContentFile:
    """Return the picture in `upload` as a clean file named picture.jpg or picture.png.

    Raises ValidationError, in words for staff, when the file is not a whole picture of an
    allowed kind and size.
    """
    data = upload.read()
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        raise ValidationError(
            "This is an iPhone photo in HEIC format. Share it as JPEG: on the phone choose "
            "Settings, Camera, Formats, Most Compatible, or send it to yourself by mail first."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(image)
                image.load()
                return _encode(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise ValidationError("This file is not a picture we can use. Upload a JPEG, PNG or WebP.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(f"This picture is too large. The limit is {MAX_MEGAPIXELS} megapixels.") from None
    except (OSError, SyntaxError, ValueError):
        raise ValidationError("The file is incomplete or damaged. Please upload it again.") from None


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_MEGAPIXELS * 1_000_000 or max(width, height) > MAX_SIDE:
        raise ValidationError(
            f"This picture is too large: {width} by {height} pixels. The limit is {MAX_MEGAPIXELS} "
            f"megapixels and {MAX_SIDE:,} pixels a side."
        )


def _encode(image: Image.Image) -> ContentFile:
    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    image = _to_srgb(image).convert("RGBA" if has_alpha else "RGB")
    image.thumbnail((LONGEST_STORED_SIDE, LONGEST_STORED_SIDE))
    clean = Image.new(image.mode, image.size)  # a new picture carries no metadata
    clean.paste(image)
    out = io.BytesIO()
    if has_alpha:
        clean.save(out, "PNG", optimize=True)
        return ContentFile(out.getvalue(), name="picture.png")
    clean.save(out, "JPEG", quality=86, progressive=True, optimize=True)
    return ContentFile(out.getvalue(), name="picture.jpg")


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile is no reason to refuse a good picture
