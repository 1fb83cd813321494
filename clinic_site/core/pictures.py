"""Changing and deleting pictures: rows first, then, once that is certain, the files that no row names any more."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from .media_files import FileNotStored, delete_stored
from .models import Picture
from .renditions import planned_names

logger = logging.getLogger(__name__)


def store_upload(picture: Picture) -> None:
    """Put the new file of `picture` into the storage, before anything is written down. Raises FileNotStored."""
    try:
        picture.file.save(picture.file.name, picture.file.file, save=False)
    except Exception as error:  # each storage has errors of its own
        logger.warning("an uploaded picture could not be stored: %s", type(error).__name__)
        raise FileNotStored(type(error).__name__) from error


def save_picture(picture: Picture, *, now: datetime) -> None:
    """Store `picture`. What readers see of it is made anew when its file or its focal point has changed."""
    with transaction.atomic():
        before = Picture.objects.select_for_update().filter(pk=picture.pk).first() if picture.pk else None
        if before and before.file.name != picture.file.name:
            transaction.on_commit(partial(delete_stored, _names_of(before)))
            before.renditions.all().delete()
        if before is None or (before.file.name, before.focal) != (picture.file.name, picture.focal):
            picture.renditions_due_at, picture.rendition_error = now, ""
        picture.save()


def delete_pictures(pictures: QuerySet[Picture]) -> None:
    """Delete `pictures` and, after the commit, their files. Raises ProtectedError when one is still in use."""
    with transaction.atomic():
        locked = pictures.select_for_update().prefetch_related("renditions")
        names = {name for picture in locked for name in _names_of(picture)}
        pictures.delete()
        transaction.on_commit(partial(delete_stored, names))


def _names_of(picture: Picture) -> set[str]:
    """The files of `picture`, those included that a worker may have stored and not yet written down."""
    names = {picture.file.name, *(row.file.name for row in picture.renditions.all())}
    if picture.renditions_due_at is not None:
        names.update(name for group in planned_names(picture).values() for name in group.values())
    return names
