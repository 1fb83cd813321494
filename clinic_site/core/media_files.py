"""The files behind pictures, whatever storage they lie in."""

import logging
from collections.abc import Iterable

from django.core.files.base import File
from django.core.files.storage import default_storage

logger = logging.getLogger(__name__)


class FileUnreadable(Exception):
    """A stored file is missing, may not be read, or its storage does not answer."""


class FileNotStored(Exception):
    """The storage did not take a file."""


def open_stored(name: str) -> File:
    """Return the stored file `name`, open for reading. Raises FileUnreadable."""
    try:
        return default_storage.open(name).open()  # an S3 file is fetched by the second open() only
    except Exception as error:  # each storage has errors of its own, OSError is only that of disks
        raise FileUnreadable(type(error).__name__) from error


def read_stored(name: str) -> bytes:
    """Return the content of the stored file `name`. Raises FileUnreadable."""
    try:
        with open_stored(name) as file:
            return file.read()
    except FileUnreadable:
        raise
    except Exception as error:
        raise FileUnreadable(type(error).__name__) from error


def is_readable(name: str) -> bool:
    """Tell whether the stored file `name` can be opened."""
    try:
        open_stored(name).close()
    except FileUnreadable:
        return False
    return True


def delete_stored(names: Iterable[str]) -> None:
    """Delete the stored files `names`. One that cannot be deleted is logged and stays."""
    for name in names:
        try:
            default_storage.delete(name)
        except Exception as error:
            logger.warning("the file %s could not be deleted: %s", name, type(error).__name__)
