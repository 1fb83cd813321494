"""What the web server carries: cached pages, rendered pages, posted forms. Bars 1 to 3."""

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import mean, median

from .databases import FOLDER, make_empty, python
from .nginx import nginx
from .results import ROUNDS, Line, ratios
from .servers import SHIPPED, UNCACHED, Load, Site, make_site_database, serve, wrk

SECONDS = int(os.environ.get("SECONDS", "4"))
PAUSE = 0.5  # seconds, in which a server ends what wrk no longer waits for
ARTICLE = "/articles/what-to-expect-at-a-ketamine-infusion/"
BARE, BARE_SETTINGS = "tests.bench.bare.wsgi", "tests.bench.bare_settings"
BROWSER = {"Accept_Encoding": "br"}
FORM = """
local sent = 0
local workers = 0
worker = 0  -- global, or thread:set would not reach it
function setup(thread) thread:set("worker", workers); workers = workers + 1 end
function request()
  sent = sent + 1
  local number = worker * 5000000 + {start} + sent
  local phone = string.format("205%03d%04d", 200 + math.floor(number / 10000) % 800, number % 10000)
  local body = "location=birmingham&name=Dana+Whitfield&contact_by=call&best_time=any&email=&source=consult"
    .. "&page=%2Fconsult%2F&consents=&leave_blank=&took=20000&may_name_clinic=on&phone=" .. phone
  -- Each from a place of its own: many from one place would be set aside as spam, which is less work.
  local high, middle = math.floor(number / 65536) % 256, math.floor(number / 256) % 256
  local place = string.format("10.%d.%d.%d", high, middle, number % 256)
  local headers = {{["Content-Type"] = "application/x-www-form-urlencoded", ["X-Forwarded-For"] = place}}
  return wrk.format("POST", nil, headers, body)
end
"""


def cached() -> list[Line]:
    """A cached article beside the same bytes from a raw WSGI application and from a bare Django view; then nginx."""
    make_site_database("site")
    with ExitStack() as stack:
        site = stack.enter_context(serve(SHIPPED, database="site"))
        status, headers, body = site.get(ARTICLE, **BROWSER)
        headers = {name.lower(): value for name, value in headers.items()}
        assert status == 200, status
        # The same bytes on the wire: gunicorn looks at each header, and adds these three itself.
        told = [(name, value) for name, value in headers.items() if name not in ("date", "server", "connection")]
        same = {"BENCH_BODY": str(_kept(body)), "BENCH_HEADERS": json.dumps(told)}
        raw = stack.enter_context(serve("tests.bench.raw", database="site", **same))
        bare = stack.enter_context(_bare(database="site", **same))
        front = stack.enter_context(nginx(upstream=site.port, body=body, encoding=headers.get("content-encoding", "")))
        etag = headers.get("etag", "")
        known = {"If_None_Match": etag} if etag else {}
        rounds = _in_turns(
            {
                "cached": partial(_load, site, ARTICLE, 32),
                "raw": partial(_load, raw, "/", 32),
                "bare": partial(_load, bare, "/", 32),
                "304": partial(_load, site, ARTICLE, 32, **known),
                "nginx": partial(_load, front, ARTICLE, 32),
                "file": partial(_load, front, "/file", 32),
            }
        )
    return _cached_lines({name: (_rates(loads), [load.p99 for load in loads]) for name, loads in rounds.items()}, etag)


def _cached_lines(found: dict[str, tuple[list[float], list[float]]], etag: str) -> list[Line]:
    rate = {name: rates for name, (rates, _) in found.items()}
    late = {name: times for name, (_, times) in found.items()}
    told = {
        "cached": "cached article, requests a second at 32",
        "raw": "raw WSGI application, the same bytes",
        "bare": "bare Django view, the same bytes",
        "nginx": "nginx with its cache in front",
    }
    again = "304 / 200" if etag else "304 / 200 (no ETag: a 200 again)"
    bars = [
        ("cached article / raw WSGI", ratios(rate["cached"], rate["raw"]), {"at_least": 0.9}),
        ("cached article / bare Django view", ratios(rate["cached"], rate["bare"]), {"at_least": 1.5}),
        ("p99: cached article / raw WSGI", ratios(late["cached"], late["raw"]), {"at_most": 1.5}),
        (again, ratios(rate["304"], rate["cached"]), {"at_least": 1.0}),
        ("nginx: its cache / the same file", ratios(rate["nginx"], rate["file"]), {"at_least": 0.6}),
    ]
    lines = [Line(part="cached", what=what, values=rate[name]) for name, what in told.items()]
    return lines + [Line(part="cached", what=what, values=values, **bar) for what, values, bar in bars]


def cold() -> list[Line]:
    """A rendered article beside a bare view that renders 30 kB from one query."""
    make_site_database("site")
    _make_bare()
    with serve(UNCACHED, database="site") as site, _bare(database="bare") as bare:
        size = len(bare.get("/page/")[2])
        rounds = _in_turns(
            {
                "article": partial(_load, site, ARTICLE, 8),
                "page": partial(_load, bare, "/page/", 8),
                "article alone": partial(_load, site, ARTICLE, 1),
                "page alone": partial(_load, bare, "/page/", 1),
            }
        )
    article, page, alone, page_alone = rounds.values()
    rates = _rates(article), _rates(page)
    return [
        Line(part="cold", what="rendered article, requests a second at 8", values=rates[0]),
        Line(part="cold", what=f"bare view of {size / 1000:.0f} kB, one query", values=rates[1]),
        Line(part="cold", what="rendered article / bare view", values=ratios(*rates), at_least=0.6),
        Line(part="cold", what="rendered article alone, median", values=_medians(alone), unit="ms", at_most=15),
        Line(part="cold", what="bare view alone, median", values=_medians(page_alone), unit="ms"),
    ]


def post() -> list[Line]:
    """A request that is stored whole beside one row from a ModelForm."""
    make_site_database("site")
    _make_bare()
    numbers = count()
    with serve(SHIPPED, database="site", TRUST_PROXY="true") as site, _bare(database="bare") as bare:
        rounds = _in_turns(
            {
                "ours": partial(_post, site, "/consult/", 8, numbers),
                "theirs": partial(_post, bare, "/form/", 8, numbers),
            }
        )
        (crowd,) = _in_turns({"crowd": partial(_post, site, "/consult/", 32, numbers)}).values()
    ours, theirs = rounds.values()
    answers = sum(load.answers for load in [*ours, *crowd])
    python("-m", "tests.bench.stored", str(answers), database="site")
    rates = _rates(ours), _rates(theirs)
    return [
        Line(part="post", what="consult form, requests a second at 8", values=rates[0]),
        Line(part="post", what="bare ModelForm view, one row", values=rates[1]),
        Line(part="post", what="consult form / ModelForm view", values=ratios(*rates), at_least=0.5),
        Line(part="post", what="consult form, 99th percentile at 8", values=[load.p99 for load in ours], unit="ms"),
        Line(part="post", what="consult form, requests a second at 32", values=_rates(crowd)),
        Line(
            part="post",
            what="errors at 8 and 32",
            values=[sum(load.errors for load in [*ours, *crowd])],
            at_most=0,
        ),
    ]


def _bare(*, database: str, **more: str):
    return serve(BARE, database=database, DJANGO_SETTINGS_MODULE=BARE_SETTINGS, **more)


def _make_bare() -> None:
    make_empty("bare", migrate=False)
    python("-m", "tests.bench.bare.prepare", database="bare")


def _in_turns(asked: dict[str, Callable[[], Load]]) -> dict[str, list[Load]]:
    """Let each of `asked` run in turns of a second, SECONDS of them a round; return a load for each round.

    What else the machine does meets all alike. And each second the connections are dealt anew: which of a server's
    two processes gets how many is luck, and with all of 32 at one of them it answers half as much.
    """
    rounds = {name: [] for name in asked}
    for _ in range(ROUNDS):
        turns = {name: [] for name in asked}
        for first in range(SECONDS):
            names = [*asked]
            for name in names[first % len(names) :] + names[: first % len(names)]:
                turns[name].append(asked[name]())
                time.sleep(PAUSE)
        for name, loads in turns.items():
            rounds[name].append(_together(loads))
    return rounds


def _together(loads: list[Load]) -> Load:
    return Load(
        rate=mean(load.rate for load in loads),
        p50=median(load.p50 for load in loads),
        p99=median(load.p99 for load in loads),
        answers=sum(load.answers for load in loads),
        errors=sum(load.errors for load in loads),
    )


def _load(site: Site, path: str, connections: int, **headers: str) -> Load:
    url = f"http://127.0.0.1:{site.port}{path}"
    load = wrk(url, connections=connections, seconds=1, **BROWSER, **headers)
    if load.errors:
        raise RuntimeError(f"{path}: {load.errors} of {load.answers} answers were errors, which says nothing of speed")
    return load


def _post(site: Site, path: str, connections: int, numbers: count) -> Load:
    """Post for a second, as people whom no other run has. Each has room for 50,000 of them."""
    script = FORM.format(start=next(numbers) * 50_000)
    return wrk(f"http://127.0.0.1:{site.port}{path}", connections=connections, seconds=1, script=script)


def _rates(loads: list[Load]) -> list[float]:
    return [load.rate for load in loads]


def _medians(loads: list[Load]) -> list[float]:
    return [load.p50 for load in loads]


def _kept(body: bytes) -> Path:
    path = FOLDER / "body"
    path.write_bytes(body)
    return path
