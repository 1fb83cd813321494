"""`make load`: the deployment under load, behind the shipped nginx, on SQLite and on PostgreSQL.

Prints a table and ends with 1 when a bar is missed. Pages are asked for by wrk; forms are sent by
threads of our own, since each person who asks for a consult comes from an address of their own,
over a connection of their own. Needs nginx and wrk; `--sqlite` leaves PostgreSQL out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from clinic_site.backups.postgres import drop_database
from tests.bench.results import loop
from tests.deploy.slow import SMALL_BUFFER, slow_body, slow_headers, slow_read
from tests.deploy.stack import NGINX, Stack, running_stack

LUA = Path(__file__).resolve().parent / "deploy" / "wrk.lua"
POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://clinic:clinic@127.0.0.1:5432/clinic")
BARE = "/robots.txt"
NO_CACHE = "staff=1"  # any cookie leads past nginx's cache
SLOW, SLOW_SECONDS = 200, 9


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one run; times in milliseconds. `good` are answers as wanted, `deliberate` 503s with Retry-After."""

    seconds: float
    good: int
    p50: float
    p99: float
    max: float
    deliberate: int = 0
    bad: int = 0

    @property
    def rate(self) -> float:
        return self.good / self.seconds


def pages(stack: Stack, paths: list[str], *, clients: int, seconds: int, cookie: str = "") -> Result:
    """Let wrk ask for `paths` in turn, with `clients` connections for `seconds`."""
    environment = {**os.environ, "PATHS": " ".join(paths), **({"COOKIE": cookie} if cookie else {})}
    command = ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--timeout=30s", "-s", str(LUA)]
    command.append(f"https://localhost:{stack.https_port}/")
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return Result(**json.loads(re.search(r"^\{.*\}$", output, re.MULTILINE)[0]))


def people(act: Callable[[int, str], str], *, clients: int, seconds: float) -> Result:
    """Let `clients` threads do one `act` after another for `seconds`.

    Each act is given its own number and the address it comes from, and returns "good", "deliberate"
    or what was wrong.
    """
    numbers, times, outcomes = count(), [], []
    began = time.monotonic()

    def go_on() -> None:
        while time.monotonic() < began + seconds:
            number = next(numbers)
            started = time.monotonic()
            address = f"127.{1 + number // 62_500 % 250}.{1 + number // 250 % 250}.{1 + number % 250}"
            try:
                outcome = act(number, address)
            except OSError as error:
                outcome = type(error).__name__
            times.append(time.monotonic() - started)
            outcomes.append(outcome)

    threads = [threading.Thread(target=go_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return summary(times, time.monotonic() - began, outcomes.count("good"), outcomes.count("deliberate"))


def summary(times: list[float], seconds: float, good: int, deliberate: int = 0) -> Result:
    found = sorted(moment * 1000 for moment in times)
    return Result(
        seconds=seconds,
        good=good,
        deliberate=deliberate,
        bad=len(found) - good - deliberate,
        p50=found[len(found) // 2],
        p99=found[int(len(found) * 0.99)],
        max=found[-1],
    )


def judged(response, wanted: int) -> str:
    if response.status == wanted:
        return "good"
    return "deliberate" if response.status == 503 and response.headers["Retry-After"] else str(response.status)


def form_sender(stack: Stack) -> Callable[[int, str], str]:
    """Return the act of sending the form as the page shows it, as a new person each time."""
    consents = re.search(r'name="consents" value="([^"]*)"', stack.ask("/consult/").body.decode())[1]

    def send(number: int, address: str) -> str:
        post = {
            "location": ("birmingham", "auburn")[number % 2],
            "name": f"Load Test {number} {time.monotonic()}",
            "phone": f"205-555-01{number % 100:02}",
            "contact_by": "call",
            "best_time": "any",
            "source": "consult",
            "page": "/consult/",
            "consents": consents,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return judged(stack.ask("/consult/", method="POST", body=urlencode(post), headers=headers, source=address), 303)

    return send


def probes_beside_slow_clients(stack: Stack) -> Result:
    """Ask for pages while SLOW clients are slow in three ways; each that is cut is back at once.

    They come one after the other, or all would be cut and be back in the same moment: a crowd of its own kind.
    """
    kinds = [slow_headers, slow_body, slow_read]
    ended = threading.Event()

    def be_slow(number: int) -> None:
        buffer = SMALL_BUFFER if kinds[number % 3] is slow_read else 0
        ended.wait(SLOW_SECONDS * number / SLOW)
        connect = partial(stack.connect, source=f"127.0.1.{1 + number % 8}", buffer=buffer)
        while not ended.is_set():
            with kinds[number % 3](connect, f"localhost:{stack.https_port}"):
                ended.wait(SLOW_SECONDS)

    threads = [threading.Thread(target=be_slow, args=[number]) for number in range(SLOW)]
    for thread in threads:
        thread.start()
    time.sleep(SLOW_SECONDS + 1)
    times, good, began = [], 0, time.monotonic()
    for number in range(200):
        started = time.monotonic()
        good += stack.ask("/" if number % 2 else f"/?{number}").status == 200
        times.append(time.monotonic() - started)
        time.sleep(0.05)
    seconds = time.monotonic() - began
    ended.set()
    for thread in threads:
        thread.join()
    return summary(times, seconds, good)


@contextmanager
def database(*, postgres: bool) -> Iterator[str]:
    """The address of an empty database of its own; '' means an SQLite file."""
    if not postgres:
        yield ""
        return
    name = f"clinic_load_{os.getpid()}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{POSTGRES.rpartition('/')[0]}/{name}"
        finally:
            drop_database(connection, name)


@contextmanager
def site(*, postgres: bool) -> Iterator[Stack]:
    """The whole deployment at https://localhost, worker included, with somebody who is told of requests."""
    with ExitStack() as opened:
        url = opened.enter_context(database(postgres=postgres))
        stack = opened.enter_context(running_stack(DATABASE_URL=url, SITE_URL="https://localhost"))
        stack.manage("shell", "-c", "from tests.factories.consults import make_recipient; make_recipient()")
        stack.start("worker", sys.executable, "manage.py", "run_worker")
        yield stack


def measure(stack: Stack, seconds: int) -> Iterator[tuple[str, Result, Callable[[Result], bool] | None, str]]:
    """Run each measurement; yield its name, what came of it, whether that is enough, and the bar in words."""
    articles = sorted(set(re.findall(r'href="(/articles/[a-z0-9-]+/)"', stack.ask("/articles/").body.decode())))
    for path in articles * 4:  # each web process reads its templates
        stack.ask(path, headers={"Cookie": NO_CACHE})
    # Each web process renders each page for its first reader, and nginx keeps a page for each Accept-Encoding. What wrk
    # says of these two seconds is dear: for each slow answer it adds those that it would have asked for meanwhile.
    yield "articles, 32 at once, after a start", pages(stack, articles, clients=32, seconds=2), all_good, "none fail"
    yield (
        "articles, 32 at once",
        pages(stack, articles, clients=32, seconds=seconds),
        lambda found: all_good(found) and found.p99 <= 100,
        "p99 100 ms",
    )
    past = partial(pages, stack, seconds=seconds, cookie=NO_CACHE)
    yield "  past nginx's cache", past(articles, clients=32), all_good, "none fail"
    yield "  past it, a view that does nothing", past([BARE], clients=32), all_good, "none fail"
    send = form_sender(stack)
    yield (
        "forms, 8 at once",
        people(send, clients=8, seconds=seconds),
        lambda found: all_good(found) and found.rate >= 100 and found.p99 <= 300,
        "100/s, p99 300 ms",
    )
    yield "forms, 128 at once", people(send, clients=128, seconds=seconds), none_bad, "stored or 503"

    def read(number: int, address: str) -> str:
        path = articles[number % len(articles)]
        return judged(stack.ask(path, headers={"Cookie": NO_CACHE}, source=address), 200)

    yield "articles past the cache, 128 at once", people(read, clients=128, seconds=seconds), none_bad, "200 or 503"
    yield "  the same from one address", past(articles, clients=128), none_bad, "200 or 503"
    yield (
        f"pages beside {SLOW} slow clients",
        probes_beside_slow_clients(stack),
        lambda found: all_good(found) and found.max <= 100,
        "all 100 ms",
    )


def none_bad(found: Result) -> bool:
    return found.good > 0 and not found.bad


def all_good(found: Result) -> bool:
    return none_bad(found) and not found.deliberate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--seconds", type=int, default=10, help="for each measurement")
    options = parser.parse_args()
    if NGINX is None or not shutil.which("wrk"):
        sys.exit("`make load` needs nginx and wrk; on Debian: apt-get install nginx-light wrk")
    missed = []
    print(f"Ten million additions take {loop()} s.")
    print(f"{'':46}{'a second':>9}{'p50':>8}{'p99':>8}{'max':>8} ms{'good':>8}{'503':>6}{'bad':>5}  bar")
    for postgres in [False] if options.sqlite else [False, True]:
        with site(postgres=postgres) as stack:
            for name, found, is_enough, bar in measure(stack, options.seconds):
                label = f"{'PostgreSQL' if postgres else 'SQLite'}: {name}"
                verdict = "ok" if is_enough(found) else "MISSED"
                print(
                    f"{label:46}{found.rate:9.0f}{found.p50:8.1f}{found.p99:8.1f}{found.max:8.1f}   "
                    f"{found.good:8}{found.deliberate:6}{found.bad:5}  {bar}: {verdict}",
                    flush=True,
                )
                if verdict == "MISSED":
                    missed.append(label)
    print(f"Ten million additions take {loop()} s.")
    if missed:
        sys.exit("Missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
