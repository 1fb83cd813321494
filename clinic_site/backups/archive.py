"""The inside of a backup: a tar file, squeezed, whose last member is the manifest of all that stands before it."""

import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .sealing import PIECE, NotRead, opened
from .troubles import DamagedBackup, NotTheSame

MANIFEST = "manifest.json"
FORMAT = 1
GZIP = 31  # zlib's word for "with the header of gzip"


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file within a backup: `size` bytes, handed out in `pieces`."""

    name: str
    size: int
    pieces: Iterable[bytes]


def packed(members: Iterable[Member], manifest: dict) -> Iterator[bytes]:
    """Yield a backup, not yet encrypted, piece by piece.

    `manifest` is written last, with the size and the hash of each member added, so that whoever
    makes the members can still fill it.
    """
    squeeze = zlib.compressobj(1, wbits=GZIP)
    files = manifest["files"] = {}
    for member in members:
        for piece in _as_tar(member, files):
            yield squeeze.compress(piece)
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    for piece in _as_tar(Member(name=MANIFEST, size=len(text), pieces=[text]), {}):
        yield squeeze.compress(piece)
    yield squeeze.compress(bytes(2 * tarfile.BLOCKSIZE)) + squeeze.flush()


def _as_tar(member: Member, files: dict) -> Iterator[bytes]:
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, 0o600
    yield info.tobuf(tarfile.PAX_FORMAT)
    digest, size = hashlib.sha256(), 0
    for piece in member.pieces:
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != member.size:
        raise NotTheSame(f"{member.name} changed while it was read: make the backup again.")
    yield bytes(-size % tarfile.BLOCKSIZE)
    files[member.name] = {"size": size, "sha256": digest.hexdigest()}


@contextmanager
def members(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Open the backup at `path` and hand out its members one after the other, each to be read at once.

    Raises what `sealing.opened` raises.
    """
    with opened(path) as stream:
        yield _members(stream)


def _members(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as tar:
            for info in tar:
                file = tar.extractfile(info)
                if file is not None:
                    yield info.name, _Part(file)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise NotRead from error


class _Part:
    """A member that says of any fault within the archive that it could not be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        try:
            return self.file.read(size)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise NotRead from error


def check(path: Path) -> dict:
    """Read a backup to its end, compare each member with the manifest, and return the manifest.

    Raises DamagedBackup, NotTheSame, and what `sealing.opened` raises.
    """
    found, manifest = {}, None
    with members(path) as inside:
        for name, file in inside:
            if name == MANIFEST:
                manifest = json.loads(file.read())
                continue
            digest, size = hashlib.sha256(), 0
            for piece in pieces_of(file):
                digest.update(piece)
                size += len(piece)
            found[name] = {"size": size, "sha256": digest.hexdigest()}
    if manifest is None:
        raise DamagedBackup(f"{path.name} holds no manifest: it is not a backup of this site.")
    if manifest.get("format") != FORMAT:
        raise DamagedBackup(f"{path.name} was written by a later version of the site: update this one first.")
    if wrong := sorted(_differing(manifest["files"], found)):
        raise NotTheSame(f"{path.name}: {len(wrong)} files are not what the manifest says, first {wrong[0]}.")
    return manifest


def _differing(wanted: dict, found: dict) -> list[str]:
    return [name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in `file`, a megabyte at a time."""
    yield from iter(lambda: file.read(PIECE), b"")
