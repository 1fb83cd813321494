"""`make bench`: measures every part, or those that are named (`make bench PART="post scale"`), and prints the table."""

import sys

from . import browser, loads, pages, start
from .results import keep, machine

PARTS = {
    "cached": loads.cached,
    "cold": loads.cold,
    "post": loads.post,
    "scale": pages.scale,
    "browser": browser.browser,
    "start": start.start,
}


def main(names: list[str]) -> None:
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"There is no part {', '.join(sorted(unknown))}. Parts are: {', '.join(PARTS)}")
    facts, lines = machine(), []
    for name in names or PARTS:
        print(f"{name} ...", flush=True)
        lines += PARTS[name]()
    path = keep(lines, facts)
    print(path.read_text())
    failed = sum(line.verdict == "FAIL" for line in lines)
    print(f"{sum(line.verdict == 'pass' for line in lines)} bars hold, {failed} do not. Kept in {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
