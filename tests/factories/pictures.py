"""Photos as phones, print shops and scanners send them, and pictures stored as an upload stores them."""

import io
import struct
import zlib

from django.utils import timezone
from PIL import Image

from clinic_site.core.images import reencode
from clinic_site.core.models import Picture
from clinic_site.core.pictures import save_picture
from clinic_site.core.renditions import make_renditions


def file_of(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    """Return `image` as a file of Pillow's format `kind`."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def phone_photo(kind: str = "JPEG", **options) -> bytes:
    """Recipe R1: 400 by 200 with orientation 6 and a GPS position, so upright it is 200 by 400, red on top."""
    image = Image.new("RGB", (400, 200), "white")
    image.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Dana"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (33.0, 26.0, 12.0), "W", (86.0, 47.0, 1.0)
    return file_of(image, kind, exif=exif, **options)


def huge_png(width: int, height: int) -> bytes:
    """Recipe R3: an RGB PNG of this size, in a small file and without needing its memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer, row = zlib.compressobj(1), b"\0" * (1 + 3 * width)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def two_picture_photo() -> bytes:
    """Recipe R6: the MPO file of many phones, which names itself .jpg."""
    image = Image.effect_noise((400, 300), 60).convert("RGB")
    return file_of(image, "MPO", save_all=True, append_images=[image.copy()])


FAKE_HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 200


def upload_picture(image: Image.Image | bytes, **fields) -> Picture:
    """Store a picture as the admin does. What readers see of it is not made yet."""
    data = image if isinstance(image, bytes) else file_of(image, "PNG" if image.mode == "RGBA" else "JPEG")
    clean = reencode(io.BytesIO(data))
    fields = {"title": "Door", "alt": "A green door.", **fields}
    picture = Picture(file=clean, width=clean.width, height=clean.height, **fields)
    save_picture(picture, now=timezone.now())
    return picture


def ready_picture(image: Image.Image | bytes, **fields) -> Picture:
    """Store a picture with everything that readers see of it."""
    picture = upload_picture(image, **fields)
    assert make_renditions(picture)
    Picture.objects.filter(pk=picture.pk).update(renditions_due_at=None)
    return Picture.objects.get(pk=picture.pk)
