"""`make soak`: ten minutes of readers and forms; the memory of the deployment may grow by less than a tenth.

Forms, articles past nginx's cache and mails all the while. Memory is what belongs to the processes alone plus
their share of the rest (PSS), of web, worker and nginx together; the first fifth of the time is warm-up.
"""

import argparse
import re
import sys
import threading
import time
from pathlib import Path
from statistics import median

from tests.deploy.stack import NGINX, Stack
from tests.load import NO_CACHE, form_sender, judged, people, site

EVERY = 5  # seconds between two looks
LIMIT = 10  # percent


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(descendant for child in children for descendant in family(int(child)))]


def megabytes(pid: int) -> float:
    """Return the memory of a process and its descendants."""
    found = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in family(pid))
    return sum(int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) for text in found) / 1024


def watch(stack: Stack, looks: list[dict[str, float]], ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        looks.append({name: megabytes(process.pid) for name, process in stack.processes.items()})


def soak(stack: Stack, *, clients: int, seconds: float) -> bool:
    """Load the deployment; print what it did and took. Return whether its memory stayed."""
    articles = sorted(set(re.findall(r'href="(/articles/[a-z0-9-]+/)"', stack.ask("/articles/").body.decode())))
    send = form_sender(stack)

    def act(number: int, address: str) -> str:
        if number % 3 == 0:
            return send(number, address)
        path = articles[number % len(articles)]
        return judged(stack.ask(path, headers={"Cookie": NO_CACHE}, source=address), 200)

    looks, ended = [], threading.Event()
    watcher = threading.Thread(target=watch, args=[stack, looks, ended])
    watcher.start()
    found = people(act, clients=clients, seconds=seconds)
    ended.set()
    watcher.join()
    print(f"{found.good} answers, {found.rate:.0f} a second, p99 {found.p99:.0f} ms, {found.bad} bad")
    fifth = max(1, len(looks) // 5)
    sums = [sum(look.values()) for look in looks]
    before, after = median(sums[fifth : 2 * fifth]), median(sums[-fifth:])
    for name in looks[0]:
        print(f"{name:8} {looks[fifth][name]:7.1f} MB -> {looks[-1][name]:7.1f} MB")
    growth = (after / before - 1) * 100
    print(f"together {before:7.1f} MB -> {after:7.1f} MB: {growth:+.1f} % (bar: less than {LIMIT} %)")
    return growth < LIMIT and not found.bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    options = parser.parse_args()
    if NGINX is None:
        sys.exit("`make soak` needs nginx; on Debian: apt-get install nginx-light")
    began = time.monotonic()
    with site(postgres=options.postgres) as stack:
        stayed = soak(stack, clients=options.clients, seconds=options.minutes * 60)
    print(f"took {(time.monotonic() - began) / 60:.1f} minutes")
    sys.exit(not stayed)


if __name__ == "__main__":
    main()
