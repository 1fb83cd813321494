"""What was measured: lines with a bar each, printed as a table and kept with the facts of the machine."""

import json
import os
import platform
import subprocess
import timeit
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .databases import FOLDER, ROOT, vendor

ROUNDS = int(os.environ.get("ROUNDS", "5"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure. `at_least` or `at_most` is its bar; without either it only tells. `values` are one a round."""

    part: str
    what: str
    values: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def bar(self) -> str:
        if self.at_least is not None:
            return f"at least {shown(self.at_least)}"
        return "" if self.at_most is None else f"at most {shown(self.at_most)}"

    @property
    def verdict(self) -> str:
        """Pass, FAIL, or nothing where there is no bar."""
        if not self.bar:
            return ""
        holds = (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )
        return "pass" if holds else "FAIL"

    @property
    def text(self) -> str:
        spread = f"{shown(min(self.values))} to {shown(max(self.values))}" if len(self.values) > 1 else ""
        return (
            f"{self.part:8} {self.what:60} {shown(self.value):>9} {self.unit:6} {self.bar:16} {self.verdict:5} {spread}"
        )


def shown(value: float) -> str:
    """A figure as people read it: as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """Round by round, what one measured in terms of the other."""
    return [one / other if other else float("inf") for one, other in zip(of, to, strict=True)]


def loop() -> float:
    """Seconds that one processor takes for ten million additions: what a slow or busy machine does to every figure."""
    return round(timeit.timeit("n += 1", "n = 0", number=10_000_000), 2)


def machine() -> dict:
    """The facts without which a figure says nothing."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _first_line("git", "rev-parse", "--short", "HEAD"),
        "cores": os.cpu_count(),
        "cpu": cpu.partition(": ")[2],
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "load_before": list(os.getloadavg()),
        "loop_before": loop(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "database": vendor(),
        "wrk": _first_line("wrk", "-v"),
        "nginx": _first_line("nginx", "-v"),
        "chromium": _first_line("chromium", "--version"),
        "packages": [
            line
            for line in subprocess.run(
                ["pip", "list", "--format=freeze"], capture_output=True, text=True
            ).stdout.split()
            if line.lower().startswith(("django==", "gunicorn", "whitenoise", "psycopg==", "brotli"))
        ],
    }


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    except OSError:
        return "not there"
    return next(iter((done.stdout + done.stderr).splitlines()), "")


def keep(lines: Sequence[Line], facts: dict) -> Path:
    """Write the table and everything behind it to var/bench/; return where the table is."""
    path = FOLDER / f"{facts['measured_at'].replace(':', '')}-{facts['database']}.txt"
    facts["load_after"], facts["loop_after"] = list(os.getloadavg()), loop()
    told = "\n".join(f"{name}: {value}" for name, value in facts.items())
    path.write_text(f"{told}\n\n" + "\n".join(line.text for line in lines) + "\n")
    rows = [{**asdict(line), "value": line.value, "verdict": line.verdict} for line in lines]
    path.with_suffix(".json").write_text(json.dumps({"machine": facts, "lines": rows}, indent=1))
    return path
