"""The same pages with little and with much data. Bar 4.

Two processes, one on each database, are asked in turn: what else the machine does meets both.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from statistics import median

from .databases import ROOT, collect_static, environment, filled, migrate, vendor
from .results import ROUNDS, Line, ratios

TIMES = int(os.environ.get("TIMES", "7"))
MOST = {"sqlite": 2.0, "postgresql": 1.5}
# Pages with a bar; the others tell how a page grows that finds more, or shows 140 people instead of a dozen.
BARRED = (
    "article", "articles, page 1", "articles, page 400", "search: a rare word", "search: three words",
    "search: misspelled", "desk list", "desk list, page 20", "find by phone", "page of a request",
    "report, 12 weeks", "report, 12 months", "report, one clinic",
)  # fmt: skip
TOLD = ("search: a word of every article", "day screen")


def scale() -> list[Line]:
    """Return how much longer each page takes with the large database than with the small one."""
    sizes = {name: filled(name) for name in ("small", "large")}
    if None in sizes.values():
        sys.exit("There is no data yet: run `make bench-data` first (SCALE=0.01 for a small trial).")
    print(f"  {sizes['small']}\n  {sizes['large']}", flush=True)
    collect_static()
    for name in sizes:
        migrate(name)
    times = {(name, page): [] for name in sizes for page in (*BARRED, *TOLD)}
    with ExitStack() as stack:
        askers = {name: stack.enter_context(_Asker(name)) for name in sizes}
        for page in (*BARRED, *TOLD):
            for _ in range(ROUNDS):
                for name, asker in askers.items():
                    times[name, page].append(asker.time(page))
    lines = []
    for page in (*BARRED, *TOLD):
        small, large = times["small", page], times["large", page]
        lines.append(Line(part="scale", what=f"{page}: much data", values=large, unit="ms"))
        bar = {"at_most": MOST[vendor()]} if page in BARRED else {}
        ratio = ratios(large, small)
        lines.append(Line(part="scale", what=f"{page}: much / little ({median(small):.1f} ms)", values=ratio, **bar))
    return lines


class _Asker:
    """A process that times pages on one database: a name goes in, the milliseconds come out."""

    def __init__(self, database: str) -> None:
        self._database = database

    def __enter__(self) -> "_Asker":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.asker"],
            cwd=ROOT, env=environment(self._database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *error: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def time(self, page: str) -> float:
        self._process.stdin.write(json.dumps({"page": page, "times": TIMES}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"{page} could not be measured on the {self._database} database")
        return json.loads(answer)
