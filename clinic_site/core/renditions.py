"""The files that readers see of a picture, made by the worker: three shapes, three kinds of file, up to four widths."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from PIL import Image

from .images import crop_box, encode, kinds, load_master
from .media_files import FileUnreadable, delete_stored
from .models import Picture, Rendition

logger = logging.getLogger(__name__)

TURN_SECONDS = 2  # mails wait no longer than this, and the one file in hand, for pictures
LEASE = timedelta(minutes=5)  # a worker that died leaves its picture to others after this
RETRY_AFTER = timedelta(hours=1)
AT_ONCE = 5  # how many waiting pictures a worker tries to get hold of

Shape = Rendition.Shape
# What readers need first comes first.
SHAPES = (Shape.WHOLE, Shape.CARD, Shape.SQUARE)


def make_missing_renditions(*, now: datetime, seconds: float = TURN_SECONDS) -> bool:
    """Work for a turn of about `seconds` on the picture that has waited longest.

    Returns whether there was one. Any number of workers may call this. A picture that cannot be
    read keeps its fault in `rendition_error` and is tried again after an hour.
    """
    picture, lease = _claim(now), now + LEASE
    if picture is None:
        return False
    is_done, fault = attempt_renditions(picture, seconds=seconds)
    due_at = None if is_done else now + RETRY_AFTER if fault else now
    # Fenced: a file that was replaced meanwhile has made the picture due again.
    claimed = Picture.objects.filter(pk=picture.pk, renditions_due_at=lease)
    claimed.update(renditions_due_at=due_at, rendition_error=fault)
    return True


def _claim(now: datetime) -> Picture | None:
    waiting = Picture.objects.filter(renditions_due_at__lte=now).order_by("renditions_due_at", "pk")
    for picture in waiting[:AT_ONCE]:
        free = Picture.objects.filter(pk=picture.pk, renditions_due_at=picture.renditions_due_at)
        if free.update(renditions_due_at=now + LEASE):
            return picture
    return None


def attempt_renditions(picture: Picture, *, seconds: float = float("inf")) -> tuple[bool, str]:
    """Do as make_renditions does; return whether nothing is lacking any more, and what went wrong, for staff."""
    try:
        return make_renditions(picture, seconds=seconds), ""
    except DatabaseError:
        raise
    except Exception as error:  # one picture's fault must not stop the others
        logger.warning("picture %s lacks renditions: %s", picture.pk, type(error).__name__)
        return False, _words_for(error)


def _words_for(error: Exception) -> str:
    if isinstance(error, FileUnreadable):
        return f"The picture’s file cannot be read ({error})."
    return f"What readers see of it could not be made ({type(error).__name__})."


def make_renditions(picture: Picture, *, seconds: float = float("inf")) -> bool:
    """Make what `picture` lacks, one shape and kind after the other, until `seconds` have passed.

    Returns whether nothing is lacking any more. Raises FileUnreadable, and what encoders raise.
    """
    started = time.monotonic()
    lacking = _lacking(picture)
    master = load_master(picture) if lacking else None
    while lacking:
        shape, kind = lacking.pop(0)
        if not _make_set(picture, master, shape, kind):
            return False
        if time.monotonic() - started > seconds:
            break
    return not lacking


def planned_names(picture: Picture) -> dict[tuple[Shape, str], dict[int, str]]:
    """Return the names of all renditions of `picture`: by shape and kind, then by width.

    A name says all that its content follows from, so a file can be kept for ever by whoever
    fetched it, and one that was left behind by a dying worker is simply written again.
    """
    stem = PurePosixPath(picture.file.name).stem
    return {
        (shape, kind): {
            width: f"pictures/{stem}-{_shape_name(picture, shape)}-{width}.{kind}" for width in _widths(picture, shape)
        }
        for shape in SHAPES
        for kind in kinds()
    }


def _shape_name(picture: Picture, shape: Shape) -> str:
    return f"{shape}-{picture.focal_x}-{picture.focal_y}" if shape.ratio else str(shape)


def _widths(picture: Picture, shape: Shape) -> list[int]:
    """The widths of `shape`, none wider than what there is of the picture."""
    left, _, right, _ = crop_box((picture.width, picture.height), ratio=shape.ratio, focal=picture.focal)
    return sorted({min(width, max(right - left, 1)) for width in shape.widths})


def _lacking(picture: Picture) -> list[tuple[Shape, str]]:
    there: dict[tuple[str, str], dict[int, str]] = {}
    for row in Rendition.objects.filter(picture=picture):
        there.setdefault((row.shape, row.kind), {})[row.width] = row.file.name
    return [key for key, names in planned_names(picture).items() if there.get(key) != names]


def _make_set(picture: Picture, master: Image.Image, shape: Shape, kind: str) -> bool:
    """Make one shape and kind in all widths. Returns False when the picture has changed meanwhile."""
    box = crop_box(master.size, ratio=shape.ratio, focal=picture.focal)
    made = []
    for width, name in planned_names(picture)[shape, kind].items():
        height = max(1, round(width * (box[3] - box[1]) / (box[2] - box[0])))
        image = master.resize((width, height), Image.Resampling.LANCZOS, box=box)
        stored = _store(name, encode(image, kind=kind))
        made.append(Rendition(picture=picture, shape=shape, kind=kind, width=width, height=height, file=stored))
    names = {row.file.name for row in made}
    with transaction.atomic():
        same = Picture.objects.select_for_update().filter(
            pk=picture.pk, file=picture.file.name, focal_x=picture.focal_x, focal_y=picture.focal_y
        )
        if same.first() is None:
            delete_stored(names)
            return False
        before = Rendition.objects.filter(picture=picture, shape=shape, kind=kind)
        stale = {row.file.name for row in before} - names
        before.delete()
        Rendition.objects.bulk_create(made)
        transaction.on_commit(partial(delete_stored, stale))
    return True


def _store(name: str, data: bytes) -> str:
    """Store `data`, in place of what an earlier attempt may have left, and return its name."""
    default_storage.delete(name)
    return default_storage.save(name, ContentFile(data))
