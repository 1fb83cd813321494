"""The faults, one after the other, under load; then what came of it."""

import json
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.smtp import SmtpHandler

from . import scripts
from .load import Seen, Visitors, Watcher, is_fault
from .network import Machine
from .servers import Front, Postgres, Server, Site, wait_for

RECIPIENTS = 2
MOST_FAULTS = 0.001
# The longest steps, in which next to nothing fails: most of the answers fall into them.
BUSY = ("nothing fails", "rolling deploy")
MOST_STALE = 2.0
MOST_SLOW = 3.0  # seconds; what the machine itself adds is in the first line of the table
MOST_WAIT = 15  # seconds until a visitor is told that the database is away
MOST_MENDED = 30  # seconds from when the database can answer again, its recovery included
CUT_SECONDS = 3


@dataclass
class Place:
    """Everything that runs."""

    machines: dict[str, Machine]
    primary: Postgres
    standby: Postgres
    store: Server
    front: Front
    webs: list[Site]
    workers: list[Site]
    before: Path  # the release before
    now: Path  # this one
    mails: SmtpHandler


class Editor:
    """Changes the first page every second, from one of the web nodes."""

    def __init__(self, site: Site, code: Path) -> None:
        self.changes: dict[int, float] = {}
        self.paused = threading.Event()
        self._stopping = threading.Event()
        self._process = site.machine.popen(
            sys.executable,
            *["manage.py", "shell", "-c", scripts.EDITOR],
            **site.options(code),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        while self._process.stdout.readline() not in ("ready\n", ""):  # newer shells say what they import
            pass
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        number = 1
        while not self._stopping.wait(1.3):
            if self.paused.is_set():
                continue
            self._process.stdin.write(f"{number}\n")
            self._process.stdin.flush()
            said = self._process.stdout.readline().strip()
            if said and not said.startswith("failed"):
                self.changes[number] = float(said)
                number += 1

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._process.kill()
        self._process.wait()


@dataclass
class Step:
    """One fault and the moments between which its answers count."""

    name: str
    begin: float
    end: float = 0.0


@dataclass
class Trial:
    place: Place
    visitors: Visitors
    editor: Editor
    watchers: list[Watcher]
    calm: float
    steps: list[Step] = field(default_factory=list)

    def run(self) -> None:
        place = self.place
        web1, web2 = place.webs
        self.step("nothing fails", lambda: time.sleep(self.calm))
        self.step("rolling deploy", self.deploy)
        # From here on every page says how long it may be kept as this release has it.
        place.front.forget_pages()
        for watcher in self.watchers:
            watcher.start()
        self.step("node reloaded", lambda: [web.send(signal.SIGHUP) or time.sleep(3) for web in place.webs])
        self.step("node killed", lambda: self.killed(web2))
        self.step("node's link cut 3 s", lambda: self.cut(web1.machine))
        self.step("worker killed", lambda: self.worker_killed(place.workers[0]))
        self.visitors.past_proxy.set()
        self.step("S3 store away 8 s", lambda: self.cut(place.store.machine, seconds=8))
        self.visitors.past_proxy.clear()
        self.step("database's link cut 3 s", lambda: self.cut(place.primary.machine), edits=False)
        self.step("standby promoted", self.promoted, edits=False)

    def step(self, name: str, fault: Callable[[], object], *, edits: bool = True) -> None:
        """Cause a fault, then give the site some seconds. Without `edits`, nobody changes a page meanwhile."""
        print(f"  {name} ...", flush=True)
        if not edits:
            self.editor.paused.set()
            time.sleep(2 * MOST_STALE)
        step = Step(name, time.time())
        fault()
        time.sleep(self.calm)
        self.editor.paused.clear()
        step.end = time.time()
        self.steps.append(step)

    def deploy(self) -> None:
        """Widen the database, asked for by both nodes at once, then one machine after the other."""
        place = self.place
        for web in place.webs:
            web.manage(place.now, "collectstatic", "--noinput", "--verbosity", "0")
        both = [threading.Thread(target=web.manage, args=[place.now, "prepare"]) for web in place.webs]
        [thread.start() for thread in both]
        [thread.join() for thread in both]
        for web in place.webs:
            with place.front.without(web.machine):
                web.stop()
                web.serve(place.now)
            time.sleep(self.calm)  # both releases at once
        for worker in place.workers:
            worker.stop()
            worker.work(place.now)

    def killed(self, web: Site) -> None:
        web.kill()
        time.sleep(self.calm)
        web.serve(self.place.now)

    def worker_killed(self, worker: Site) -> None:
        worker.kill()
        time.sleep(1)
        worker.work(self.place.now)

    def cut(self, machine: Machine, seconds: float = CUT_SECONDS) -> None:
        machine.cut()
        time.sleep(seconds)
        machine.mend()

    def promoted(self) -> None:
        """The primary is gone at once; whoever watches it notices a second later."""
        self.place.primary.kill()
        time.sleep(1)
        self.place.standby.command("pg_ctl", "promote", "-w", "-D", str(self.place.standby.data))

    def without_database(self) -> list[tuple[str, object, object, bool]]:
        """The database stopped, then unreachable, for longer than anybody waits: what a visitor and a reader get."""
        database = self.place.standby  # the primary by now
        rows = self._away("stopped", database.kill, database.run)
        return rows + self._away("unreachable", database.machine.cut, database.machine.mend)

    def _connect_every_thread(self) -> None:
        """Many at once at each node: a thread that has a connection learns of a cut later than one that makes one."""
        alone = [self._at(web.machine) for web in self.place.webs]
        threads = [
            threading.Thread(target=one.fetch, args=["/consult/"], kwargs={"host": self.visitors.host})
            for one in alone * 40
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    @staticmethod
    def _at(node: Machine) -> Visitors:
        return Visitors(address=node.address, port=8000, pages=[], readers=0, askers=0)

    def _away(self, how: str, begin: Callable[[], object], end: Callable[[], object]):
        web = self.place.webs[0].machine
        self._connect_every_thread()
        self.visitors.fetch("/")  # so that the proxy has it
        begin()
        time.sleep(2)  # and has to ask for it again
        name = f"Visitor While {how.capitalize()}"
        post, headers, text = self.visitors.send(name)
        kept = post.status == 503 and name in text and bool(headers["Retry-After"])
        page, _, _ = self.visitors.fetch("/")
        # With a cookie, which leads past what the node has in memory.
        bare, headers, _ = self._at(web).fetch("/", host=self.visitors.host, cookie="staff=1")
        deliberate = bare.status == 503 and bool(headers["Retry-After"])
        end()
        mended_at = time.time()
        while (again := self.visitors.send(name)[0]).status != 303 and time.time() - mended_at < MOST_MENDED:
            time.sleep(0.5)
        mended = time.time() - mended_at
        return [
            (
                f"{how}: 503 keeps the form",
                f"{post.seconds:.1f} s",
                f"{MOST_WAIT} s",
                kept and post.seconds < MOST_WAIT,
            ),
            (f"{how}: kept page", f"{page.status}, {page.seconds:.1f} s", "200", page.status == 200),
            (
                f"{how}: page asked of a node",
                f"{bare.status}, {bare.seconds:.1f} s",
                "503",
                deliberate and bare.seconds < MOST_WAIT,
            ),
            (f"{how}: taken again after", f"{mended:.1f} s", f"{MOST_MENDED} s", again.status == 303),
        ]

    # What came of it ---------------------------------------------------------------------------

    def wait_for_mails(self) -> None:
        """A mail that a dead worker had in hand waits for its lease."""
        worker = self.place.workers[0]
        ask = lambda: worker.manage(self.place.now, "shell", "-c", scripts.WAITING).split()[-1] == "0"  # noqa: E731
        wait_for(ask, what="the last mails", seconds=150)

    def table(self) -> str:
        heads = {"reads": 7, "forms": 7, "faults": 8, "p99 ms": 8, "slowest s": 11, "slowest page s": 16, "stale s": 9}
        lines = [" " * 26 + "".join(f"{head:>{width}}" for head, width in heads.items())]
        for step in self.steps:
            seen = self.visitors.record.between(step.begin, step.end)
            seconds = sorted(answer.seconds for answer in seen) or [0.0]
            p99 = statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]
            posts = sum(answer.method == "POST" for answer in seen)
            faults = Counter((a.method, a.path if a.method == "GET" else "", a.status) for a in seen if is_fault(a))
            said = ", ".join(
                f"{n} x {m} {status or 'no answer'} {path}".strip() for (m, path, status), n in faults.items()
            )
            stale = longest(old for at, old in self.visitors.record.stale if step.begin <= at < step.end)
            lines.append(
                f"{step.name:26}{len(seen) - posts:7}{posts:7}{sum(faults.values()):8}{p99 * 1000:8.0f}"
                f"{seconds[-1]:11.1f}{slowest_page(seen):16.1f}{stale:9.2f}  {said}"
            )
        return "\n".join(lines)

    def bars(self) -> list[tuple[str, object, object, bool]]:
        """Each bar: its name, what was found, what is allowed, whether it holds."""
        record = self.visitors.record
        found = json.loads(
            self.place.workers[0].manage(self.place.now, "shell", "-c", scripts.FINDINGS).splitlines()[-1]
        )
        requests, mails = found["requests"], found["mails"]
        lost = [name for name, ref in record.acknowledged.items() if ref not in [r for r, _ in requests.get(name, [])]]
        doubled = [name for name, rows in requests.items() if len(rows) > 1]
        untold = []
        for rows in requests.values():
            states = [state for kind, state, _ in mails.get(rows[0][1], []) if kind == "staff"]
            if states != ["sent"] * RECIPIENTS:
                untold.append(rows[0][0])
        delivered = Counter(mail.headers["Message-ID"] for mail in self.place.mails.mails)
        known = {message_id for rows in mails.values() for _, _, message_id in rows}
        undelivered = [message_id for message_id in known if not delivered[message_id]]
        faults = share(record.answers)
        after = [seen for step in self.steps if step.name not in BUSY for seen in record.between(step.begin, step.end)]
        stale = longest(old for _, old in record.stale)
        away = next(step for step in self.steps if step.name.startswith("S3"))
        page = slowest_page(record.between(away.begin, away.end))
        most = max(delivered.values(), default=0)
        rows = [
            ("requests acknowledged", len(record.acknowledged), "more than 50", len(record.acknowledged) > 50),
            ("acknowledged and lost", len(lost), 0, not lost),
            ("stored twice", len(doubled), 0, not doubled),
            ("given up by their visitors", len(record.not_acknowledged), 0, not record.not_acknowledged),
            ("without all their mails", len(untold), 0, not untold),
            ("mails never delivered", len(undelivered), 0, not undelivered),
            ("mails nobody wrote", len(set(delivered) - known), 0, set(delivered) <= known),
            ("most copies of one mail", most, "3 at most", most <= 3),
            ("mails delivered twice", sum(n > 1 for n in delivered.values()), "", True),
            ("503 without the typed form", len(record.lost_words), 0, not record.lost_words),
            ("answers", len(record.answers), "", True),
            ("slowest page without the store", f"{page:.1f} s", f"{MOST_SLOW:.0f} s at most", page <= MOST_SLOW),
            ("faults", f"{faults:.3%}", f"{MOST_FAULTS:.1%} at most", faults <= MOST_FAULTS),
            ("faults after the deploy", f"{share(after):.3%}", "told, no bar: few answers", True),
            ("changes of the first page", len(self.editor.changes), "more than 10", len(self.editor.changes) > 10),
            ("stale longest", f"{stale:.2f} s", f"{MOST_STALE:.0f} s at most", stale <= MOST_STALE),
            ("periodic jobs run", found["runs"], "more than 3", found["runs"] > 3),
            ("run twice in one period", len(found["twice"]), 0, not found["twice"]),
        ]
        return rows


def share(seen: list[Seen]) -> float:
    """The part of these answers that were faults."""
    return sum(map(is_fault, seen)) / len(seen)


def slowest_page(seen: list[Seen]) -> float:
    """The seconds that the slowest page took, pictures left aside."""
    return longest(a.seconds for a in seen if a.method == "GET" and not a.path.startswith("/media/"))


def longest(seconds: Iterable[float]) -> float:
    """The largest, 0 when there is none."""
    return max(seconds, default=0.0)


def watchers(place: Place, *, host: str, visitors: Visitors, editor: Editor) -> list[Watcher]:
    """Somebody who looks through the proxy, and one at each node."""
    where = [("front", 8080), ("web1", 8000), ("web2", 8000)]
    return [
        Watcher(
            host=host,
            address=place.machines[name].address,
            port=port,
            record=visitors.record,
            changes=editor.changes,
        )
        for name, port in where
    ]
