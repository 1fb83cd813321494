"""Proving that a backup can be read: it is loaded into a scratch place, and compared with its manifest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clinic_site.core.encryption import UnreadableValue, decrypt

from . import folder
from .archive import MANIFEST, check, members
from .making import database, full_disks_named
from .media import FOLDER as MEDIA
from .reading import require_counts, require_readable
from .troubles import FieldKeysDoNotFit, NotTheSame, PicturesMissing


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was proved of a backup. `is_loaded` is False where only the dump could be read to its end."""

    path: Path
    rows: int
    tables: int
    files: int
    opened: int
    is_loaded: bool


@contextmanager
def database_parts(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Hand out the parts of the database in a backup, in order."""
    with members(path) as inside:
        yield ((name, file) for name, file in inside if name != MANIFEST and not name.startswith(MEDIA))


def read_manifest(path: Path) -> dict:
    """Read a whole backup, compare every file with the manifest, and return that.

    Raises what `archive.check` raises; NotTheSame for the backup of another kind of database; and
    FieldKeysDoNotFit when FIELD_KEYS is not what wrote the personal fields.
    """
    manifest = check(path)
    ours = database().ENGINE
    if manifest["database"] != ours:
        raise NotTheSame(f"{path.name} is a backup of {manifest['database']}, and this site uses {ours}.")
    try:
        decrypt(manifest["field_keys"])
    except UnreadableValue:
        raise FieldKeysDoNotFit(
            f"FIELD_KEYS does not open the personal fields in {path.name}: names, numbers and notes would be "
            "unreadable. Put the keys of that time back into .env, behind the one in use."
        ) from None
    return manifest


def verify_backup(path: Path | None = None) -> Verified:
    """Prove that a backup, the newest when none is named, can be restored, and mark it so.

    Raises a BackupTrouble that says what is wrong.
    """
    with folder.only_one() as place, full_disks_named():
        path = path or folder.newest()
        manifest = read_manifest(path)
        with database_parts(path) as parts, database().loaded(parts, place) as found:
            if found:
                rows, tables = found
                require_counts(rows, tables, manifest["counts"])
                opened = require_readable(rows, tables)
        if manifest["unreadable"]:
            raise PicturesMissing(
                f"{path.name} lacks {len(manifest['unreadable'])} pictures that could not be read when it was made: "
                "run `manage.py check_pictures`."
            )
        folder.mark_verified(path)
    return Verified(
        path=path,
        rows=sum(manifest["counts"].values()),
        tables=len(manifest["counts"]),
        files=len(manifest["files"]),
        opened=opened if found else 0,
        is_loaded=bool(found),
    )
