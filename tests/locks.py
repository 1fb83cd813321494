"""The requirement files, read: what is asked for (*.in) and what is pinned (*.txt)."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Pin:
    """One package of a lock: its version and the SHA-256 of each file that may be installed as it."""

    version: str
    hashes: tuple[str, ...]


def locked(file: str) -> dict[str, Pin]:
    """Return the pins of a *.txt by canonical name. Raises ValueError for a line that is no exact pin."""
    found = {}
    text = re.sub(r"^\s*#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        pin = re.fullmatch(r"([\w.-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})*)", line)
        if pin is None:
            raise ValueError(f"{file}: {line[:80]}")
        found[canonicalize_name(pin[1])] = Pin(pin[2], tuple(re.findall(r"sha256:(\w+)", pin[3])))
    return found


def wanted(file: str) -> list[Requirement]:
    """Return what a *.in asks for by itself, without the files that it includes."""
    lines = (line.split("  #")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
