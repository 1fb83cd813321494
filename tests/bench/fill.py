"""Fills one database: `python -m tests.bench.fill small`. Run by `make bench-data`, which sets the environment."""

import json
import os
import random
import sys
import time
from datetime import UTC, datetime

# What the rows' times are counted back from: the day of the filling, so that "today" is never empty.
TODAY = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0)
SEED = 6


def main(name: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from .articles import fill_articles
    from .databases import Sizes
    from .places import fill_places
    from .requests import fill_requests

    sizes = Sizes(**json.loads(os.environ["SIZES"]))
    started = time.monotonic()
    print(f"{connection.vendor}, {name}: {sizes}", flush=True)
    call_command("load_content", verbosity=0)
    call_command("set_up_roles", verbosity=0)
    staff = fill_places(random.Random(f"{SEED} places"), locations=sizes.locations, now=TODAY)
    fill_articles(random.Random(f"{SEED} articles"), articles=sizes.articles, words=sizes.words, now=TODAY)
    fill_requests(seed=SEED, requests=sizes.requests, staff=staff, now=TODAY)
    catch_up()
    print(f"{connection.vendor}, {name}: filled in {(time.monotonic() - started) / 60:.1f} minutes", flush=True)


def catch_up() -> None:
    """What the worker and the database would have done since."""
    from django.db import connection

    from clinic_site.core.planner import count_rows
    from consults.report_weeks import keep_weeks

    while keep_weeks(now=datetime.now(UTC)):
        pass
    count_rows()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1])
    else:
        import django

        django.setup()
        catch_up()
