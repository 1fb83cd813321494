"""Backup, wreck, restore; and the same with Litestream. Each returns what was found; `table` prints it.

RPO: how long before the wreck the oldest request was acknowledged that is missing. RTO: how long from the
wreck until the form answers again.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .site import ROOT, Site
from .visitors import Visitors

MOST_RTO = 60.0  # seconds
MOST_LITESTREAM_RPO = 1.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """How one drill went. Times are in seconds."""

    what: str
    acknowledged: int
    must_be_there: int
    lost: int
    doubled: int
    without_mail: int
    missing_later: int
    rpo: float
    rto: float
    took: float
    is_sound: bool
    pictures_missing: int
    most_rpo: float | None = None

    @property
    def faults(self) -> list[str]:
        """What misses its bar."""
        bars = {
            "nobody asked": self.must_be_there == 0,
            f"{self.lost} lost": self.lost > 0,
            f"{self.doubled} doubled": self.doubled > 0,
            f"{self.without_mail} without a mail": self.without_mail > 0,
            f"RTO {self.rto:.1f} s": self.rto > MOST_RTO,
            f"RPO {self.rpo:.2f} s": self.most_rpo is not None and self.rpo > self.most_rpo,
            "the database is not sound": not self.is_sound,
            f"{self.pictures_missing} pictures missing": self.pictures_missing > 0,
        }
        return [text for text, is_missed in bars.items() if is_missed]


def backup_drill(site: Site, *, rate: float, seconds: float) -> Result:
    """Back a site up under load, wreck it, restore it, and start it again."""
    pictures = _pictures(site)
    site.start()
    try:
        with Visitors(port=site.port, rate=rate) as visitors:
            time.sleep(seconds)
            began = time.time()
            site.manage("backup")
            took = time.time() - began
            time.sleep(seconds)
            wrecked = time.time()
            site.wreck()
        up = _restored(site, wrecked)
        return _compare(site, visitors, "backup", before=began, wrecked=wrecked, up=up, took=took, pictures=pictures)
    finally:
        site.kill()


def _restored(site: Site, wrecked: float) -> float:
    site.manage("restore", "--latest", "--replace")
    site.start()
    return time.time() - wrecked


def litestream_drill(
    site: Site, *, rate: float, seconds: float, replica: str, most_rpo: float = MOST_LITESTREAM_RPO
) -> Result:
    """Copy each change to `replica` under load, wreck the database, and bring back what arrived there."""
    site.environment |= {"LITESTREAM_DATABASE": str(site.database), "LITESTREAM_REPLICA": replica}
    litestream = Path(sys.executable).with_name("litestream")
    config = ["-config", str(ROOT / "deploy" / "litestream.yml")]
    copying = [str(litestream), "replicate", *config]
    # The first copy is that of the whole database, made once; the drill is about what comes after.
    site.run(*copying, "-once")
    site.spawn(*copying)
    site.start()
    try:
        with Visitors(port=site.port, rate=rate) as visitors:
            time.sleep(seconds)
            wrecked = time.time()
            site.wreck()
        for ending in ("", "-wal", "-shm"):
            site.database.with_name(site.database.name + ending).unlink(missing_ok=True)
        shutil.rmtree(site.database.with_name(f".{site.database.name}-litestream"), ignore_errors=True)
        began = time.time()
        site.run(str(litestream), "restore", *config, "-integrity-check", "full", str(site.database))
        took = time.time() - began
        site.start()
        up = time.time() - wrecked
        return _compare(
            site,
            visitors,
            "Litestream",
            before=wrecked - most_rpo,
            wrecked=wrecked,
            up=up,
            took=took,
            pictures=[],
            most_rpo=most_rpo,
        )
    finally:
        site.kill()


def _pictures(site: Site) -> list[Path]:
    return [path for path in (site.folder / "media").rglob("*") if path.is_file()]


def _compare(
    site: Site,
    visitors: Visitors,
    what: str,
    *,
    before: float,
    wrecked: float,
    up: float,
    took: float,
    pictures: list[Path],
    most_rpo: float | None = None,
) -> Result:
    kept = site.kept()
    mails, times = dict(kept), Counter(reference for reference, _ in kept)
    must = [reference for reference, at in visitors.acknowledged.items() if at < before]
    missing = [at for reference, at in visitors.acknowledged.items() if reference not in mails]
    return Result(
        what=f"{what}, {'PostgreSQL' if site.server else 'SQLite'}",
        acknowledged=len(visitors.acknowledged),
        must_be_there=len(must),
        lost=sum(reference not in mails for reference in must),
        doubled=sum(number > 1 for number in times.values()),
        without_mail=sum(mails.get(reference, 1) == 0 for reference in visitors.acknowledged),
        missing_later=len(missing),
        rpo=max((wrecked - at for at in missing), default=0.0),
        rto=up,
        took=took,
        is_sound=site.is_sound(),
        pictures_missing=sum(not path.exists() for path in pictures),
        most_rpo=most_rpo,
    )


def table(results: list[Result]) -> str:
    """Return the results as a table for people."""
    heads = ["", "acknowledged", "must be there", "lost", "doubled", "missing later", "took", "RPO", "RTO", ""]
    rows = [
        [
            result.what,
            f"{result.acknowledged:,}",
            f"{result.must_be_there:,}",
            str(result.lost),
            str(result.doubled),
            str(result.missing_later),
            f"{result.took:.1f} s",
            f"{result.rpo:.2f} s",
            f"{result.rto:.1f} s",
            ", ".join(result.faults) or "ok",
        ]
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in [heads, *rows])


def has_litestream() -> bool:
    """Whether the program is there, and runs on this kind of machine."""
    path = Path(sys.executable).with_name("litestream")
    return path.exists() and not subprocess.run([path, "version"], capture_output=True, check=False).returncode


def postgres_server() -> str | None:
    """The address of a server on which we may make databases, without a database's name; None without one."""
    address = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    return address.rpartition("/")[0] if address.startswith("postgres") else None
