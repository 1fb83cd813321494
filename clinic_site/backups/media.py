"""Uploaded pictures in a backup, whatever storage they lie in."""

from collections.abc import Iterator
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from clinic_site.core.media_files import FileUnreadable, read_stored

from .archive import Member

FOLDER = "media/"


def media_members(unreadable: list[str]) -> Iterator[Member]:
    """Yield every stored file.

    One that cannot be read is named in `unreadable` instead: a broken picture must not keep the
    requests from being backed up.
    """
    try:
        for name in _names():
            try:
                content = read_stored(name)
            except FileUnreadable:
                # A picture may be deleted while we go through them.
                if default_storage.exists(name):
                    unreadable.append(name)
                continue
            yield Member(name=FOLDER + name, size=len(content), pieces=[content])
    except GeneratorExit:
        raise
    except Exception as error:  # each storage has errors of its own
        unreadable.append(f"the storage of pictures: {type(error).__name__}")


def _names(folder: str = "") -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever uploaded
        return
    yield from (folder + name for name in sorted(files) if name)
    for name in sorted(folders):
        yield from _names(f"{folder}{name}/")


def put_back(name: str, file: IO[bytes]) -> None:
    """Store one file of a backup under the name it had."""
    name, content = name.removeprefix(FOLDER), file.read()
    if default_storage.exists(name):
        try:
            if read_stored(name) == content:
                return
        except FileUnreadable:
            pass
        default_storage.delete(name)
    stored = default_storage.save(name, ContentFile(content))
    if stored != name:
        raise OSError(f"{name} was stored as {stored}")
