"""Encryption of backups with age, piece by piece: nothing of a backup is written that is not encrypted.

Such a file can also be opened without this site: `age --decrypt --identity KEYFILE FILE | tar xz`.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyrage
from django.conf import settings

from .troubles import DamagedBackup, EmptyBackup, NoBackup, NoKey, WrongKey

PIECE = 1 << 20  # bytes


def identities() -> list[pyrage.x25519.Identity]:
    """Return the keys of BACKUP_KEY: the first one writes, all of them read. Raises NoKey."""
    if not settings.BACKUP_KEYS:
        raise NoKey("BACKUP_KEY is not set: `python -m clinic_site.write_env backup-key` prints a line for .env.")
    try:
        return [pyrage.x25519.Identity.from_str(key.strip()) for key in settings.BACKUP_KEYS]
    except pyrage.IdentityError:
        raise NoKey("BACKUP_KEY must be age identities, AGE-SECRET-KEY-1…, separated by commas.") from None


class NotRead(Exception):
    """Raised by who reads an opened file: it ended too early, or made no sense."""


class _Source:
    """The file that age reads: hands on `pieces`, and remembers why they broke off."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces, self.rest, self.error = iter(pieces), b"", None

    def read(self, size: int = PIECE) -> bytes:
        try:
            while not self.rest:
                self.rest = next(self.pieces)
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece


class _Target:
    """The file that age writes: `file`, remembering why it took no more."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.error = file, None

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        self.file.flush()


def seal(pieces: Iterable[bytes], file: IO[bytes]) -> None:
    """Encrypt `pieces` with the first key into `file`. Raises NoKey, and whatever the pieces or the file raise."""
    key, source, target = identities()[0].to_public(), _Source(pieces), _Target(file)
    try:
        pyrage.encrypt_io(source, target, [key])
        target.flush()
    except pyrage.EncryptError:
        # age knows every error as its own: the first cause says more.
        raise (source.error or target.error or RuntimeError("age could not encrypt")) from None


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open the encrypted file at `path` for reading, piece by piece.

    Raises NoBackup, EmptyBackup, WrongKey or DamagedBackup, some of them only once the file has been read to its
    end: whatever was read until then must not be trusted before the block ends.
    """
    keys = identities()
    if not path.is_file():
        raise NoBackup(f"{path} is not there.")
    if path.stat().st_size == 0:
        raise EmptyBackup(f"{path.name} is empty: there is nothing in it.")
    reading, writing = os.pipe()
    errors: list[BaseException] = []

    def decrypt() -> None:
        # The reader may leave early, and then the pipe breaks: that is no error of the file.
        with path.open("rb") as source, open(writing, "wb", buffering=0) as target:
            try:
                pyrage.decrypt_io(source, _Target(target), keys)
            except (pyrage.DecryptError, OSError) as error:
                errors.append(error)

    thread = threading.Thread(target=decrypt, name="age")
    thread.start()
    try:
        with open(reading, "rb") as stream:
            try:
                yield stream
            except NotRead:
                # Broken off by age or by the archive within: age knows better why.
                stream.read()
                thread.join()
                _raise(errors, path)
                raise DamagedBackup(f"{path.name} is damaged: it cannot be unpacked.") from None
            while stream.read(PIECE):
                pass
        thread.join()
        _raise(errors, path)
    finally:
        thread.join()


def _raise(errors: list[BaseException], path: Path) -> None:
    for error in errors:
        if "No matching keys" in str(error):
            raise WrongKey(f"No key of BACKUP_KEY opens {path.name}: it was written with another one.") from None
        raise DamagedBackup(f"{path.name} is damaged or cut off: it cannot be read to its end.") from None
