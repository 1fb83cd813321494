"""How fast a web worker is there, and how much memory it keeps for itself. Bar 6."""

import http.client
import random
import re
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from .databases import python
from .loads import ARTICLE
from .results import ROUNDS, Line
from .servers import SHIPPED, children, make_site_database, serve, wait_for

REQUESTS, AT_ONCE = 10_000, 8
PATHS = ["/", "/articles/", ARTICLE, "/locations/birmingham/", "/consult/", "/questions/", "/sitemap.xml", "/nothing/"]


def start() -> list[Line]:
    """Return the seconds to the first page, and each worker's megabytes after ten thousand mixed requests."""
    make_site_database("site")
    # As the image and OPERATIONS.md do: where web processes may not write, each start would compile everything anew.
    python("-m", "compileall", "-q", "clinic_site", "articles", "consults", "locations", database="site")
    seconds = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        with serve(SHIPPED, database="site", wait=False, WEB_WORKERS="1") as site:
            wait_for(site.port)
            seconds.append(time.monotonic() - started)
    with serve(SHIPPED, database="site", TRUST_PROXY="true") as site:
        threads = [
            threading.Thread(target=_ask, args=(site.port, number, REQUESTS // AT_ONCE)) for number in range(AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        megabytes = [_unshared(pid) for pid in children(site.pid)]
    return [
        Line(part="start", what="gunicorn and one worker, to the first page", values=seconds, unit="s", at_most=1.5),
        Line(
            part="start",
            what=f"a worker's own memory after {REQUESTS:,} requests, the larger",
            values=[max(megabytes)],
            unit="MB",
            at_most=90,
        ),
    ]


def _ask(port: int, thread: int, times: int) -> None:
    """Ask for pages, searches and now and then the form, over one connection."""
    draw = random.Random(thread)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(times):
        kind = draw.random()
        if kind < 0.05:
            _send_form(connection, thread * times + number)
        elif kind < 0.2:
            connection.request("GET", f"/search/?{urlencode({'q': draw.choice(['ketamine', 'cost', 'safe', 'ptsd'])})}")
        else:
            connection.request("GET", draw.choice(PATHS), headers={"Accept-Encoding": "br"})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 500:
            raise RuntimeError(f"the site answered {answer.status}")


def _send_form(connection: http.client.HTTPConnection, number: int) -> None:
    form = {
        "location": "birmingham", "name": "Dana Whitfield", "contact_by": "call", "source": "consult", "took": "20000",
        "phone": f"205-{200 + number // 10_000 % 800}-{number % 10_000:04}", "best_time": "any", "page": "/consult/",
    }  # fmt: skip
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"10.0.{number // 250}.{number % 250}",
    }
    connection.request("POST", "/consult/", urlencode(form), headers)


def _unshared(pid: int) -> float:
    """The megabytes that would be free again without this process."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_\w+:\s+(\d+) kB", told, re.MULTILINE))) / 1024
