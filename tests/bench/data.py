"""`make bench-data`: fills the small and the large database. SCALE=0.01 makes the large one a hundredth as large."""

import json
import os
from dataclasses import asdict

from .databases import LARGE, SMALL, make_empty, note_filled, python


def main() -> None:
    scale = float(os.environ.get("SCALE", "1"))
    for name, sizes in {"small": SMALL, "large": LARGE.times(scale)}.items():
        make_empty(name)
        python("-m", "tests.bench.fill", name, database=name, SIZES=json.dumps(asdict(sizes)))
        note_filled(name, sizes)


if __name__ == "__main__":
    main()
