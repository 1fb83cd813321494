"""`make drill`: the whole drill with 10,000 requests, on SQLite, with Litestream, and on PostgreSQL.

PostgreSQL is the server of TEST_DATABASE_URL, or of DATABASE_URL; the database is the drill's own. Ends with
1 when a bar is missed. REQUESTS, RATE (a second) and SECONDS (on each side of the backup) may be set.
"""

import os
import sys
import tempfile
from pathlib import Path

from .drill import backup_drill, has_litestream, litestream_drill, postgres_server, table
from .site import Site

REQUESTS = int(os.environ.get("REQUESTS", "10000"))
RATE = float(os.environ.get("RATE", "20"))
SECONDS = float(os.environ.get("SECONDS", "15"))
PICTURES = 30


def main() -> int:
    results = []
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        sites = [Site(folder=Path(folder) / "sqlite")]
        if server := postgres_server():
            sites.append(Site(folder=Path(folder) / "postgresql", server=server))
        for site in sites:
            print(f"Filling {site.folder.name} with {REQUESTS:,} requests and {PICTURES} pictures ...", flush=True)
            try:
                site.make(requests=REQUESTS, pictures=PICTURES)
                results.append(backup_drill(site, rate=RATE, seconds=SECONDS))
                print(site.manage("verify_backup"), end="", flush=True)
            finally:
                site.drop_database()
        if has_litestream():
            site = Site(folder=Path(folder) / "litestream")
            site.make(requests=REQUESTS, pictures=0)
            replica = f"file://{folder}/replica"
            results.append(litestream_drill(site, rate=RATE, seconds=SECONDS, replica=replica))
        print(table(results))
    return 1 if any(result.faults for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
