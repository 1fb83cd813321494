"""Where the scanners are, and how each is installed: from PyPI, in an environment of their own."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "scan"
PINNED = ["wapiti3==3.2.3", "sqlmap==1.10.10"]


@contextmanager
def alone() -> Iterator[None]:
    """Keep the folder for one scan: a second would read the notes of the first, and miss what it was never sent.

    Ends the program when another scan runs.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another scan runs: it has to end first.")
        yield


def install() -> None:
    """Install the scanners unless these versions are there."""
    stamp = FOLDER / "installed"
    if stamp.exists() and stamp.read_text().split() == PINNED:
        return
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER / "venv")], check=True)
    pip = [str(FOLDER / "venv" / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PINNED], check=True)
    stamp.write_text(" ".join(PINNED))


def program(name: str) -> str:
    return str(FOLDER / "venv" / "bin" / name)


def environment() -> dict[str, str]:
    """Both write into the home folder, and each line is wanted as it is said."""
    return {"PATH": os.environ["PATH"], "HOME": str(FOLDER), "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
