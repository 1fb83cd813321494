"""Run the scanners: `make scan`. Prints a table, and ends with 1 on anything that is not explained."""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from tests.deploy.stack import NGINX, Stack

from . import aftermath, sqlmap, tools, wapiti
from .deployment import Visitor, asked, notes_of, signed_in, site
from .findings import Finding, unexplained
from .targets import EXCLUDED, START_PUBLIC, admin_pages, admin_targets, public_targets
from .weak_site import Elsewhere, WeakSite, serving

# A target that sqlmap needs longer for is no scan of it; on a busy machine it needs long.
PATIENCE = 3600


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    scanner: str
    who: str
    what: str
    requests: int
    findings: list[Finding]
    note: str = ""

    def __str__(self) -> str:
        open_ = len(unexplained(self.findings))
        explained = len(self.findings) - len([found for found in self.findings if unexplained([found])])
        return f"{self.scanner:10}{self.who:11}{self.what:30}{self.requests:9}{open_:10}{explained:11}  {self.note}"


HEAD = f"{'scanner':10}{'who':11}{'module or target':30}{'requests':>9}{'findings':>10}{'explained':>11}"


def prove_the_scanners() -> Iterator[Row]:
    """Scan a site with holes. Raises RuntimeError when one is not found: the scanners would find none in ours."""
    wapiti.check_modules()
    weak, elsewhere = WeakSite(), Elsewhere()
    with serving(weak) as url, serving(elsewhere) as endpoint:
        place = wapiti.Site(url=url, who="weak site", endpoint=endpoint)
        options = {"modules": ["xss", "sql", "ssrf"], "seconds": 60, "count": lambda: weak.asked}
        scan = wapiti.run(place, method="get", **options)
        for module, path in (("xss", "/greet"), ("sql", "/item"), ("ssrf", "/fetch")):
            if not any((found.module, found.path) == (module, path) for found in scan.findings):
                raise RuntimeError(f"wapiti does not find the hole in {path}")
            yield Row("wapiti", "weak site", f"{module}: found", scan.requests[module], [])
        before = weak.asked
        item = sqlmap.Target(name="item", path="/item", attacked=("id",), query={"id": "1"})
        if not sqlmap.run(url.rstrip("/"), item, who="weak site", seconds=120, folder=tools.FOLDER, dbms="SQLite"):
            raise RuntimeError("sqlmap does not find the hole in /item")
        yield Row("sqlmap", "weak site", "sql: found", weak.asked - before, [])


def run_wapiti(stack: Stack, place: wapiti.Site, *, seconds: int) -> Iterator[Row]:
    for what, method in (("pages", "get"), ("forms", "post")):
        modules, count = place.modules(method), partial(asked, stack)
        done = wapiti.run(place, method=method, modules=modules, count=count, seconds=seconds)
        for module, requests in done.requests.items():
            note = f"out of time after {seconds} s" if module in done.cut else ""
            if module == "reading":
                note = f"{done.places} addresses and forms"
            findings = [each for each in done.findings if each.module == module]
            yield Row("wapiti", place.who, f"{what}: {module}", requests, findings, note)


def run_sqlmap(stack: Stack, targets: list[sqlmap.Target], *, who: str, dbms: str, cookie: str) -> Iterator[Row]:
    for target in targets:
        if (status := Visitor.of(stack, cookie).ask(target.address).status) not in target.answers:
            raise RuntimeError(f"{target.address} answers {status} before any attack: it would not be read")
        before = asked(stack)
        options = {"who": who, "dbms": dbms, "seconds": PATIENCE, "folder": tools.FOLDER, "cookie": cookie}
        findings = sqlmap.run(stack.origin, target, **options)
        what = f"{target.name} ({len(target.attacked)} parameters)"
        yield Row("sqlmap", who, what, asked(stack) - before, findings)


def as_stranger(stack: Stack, endpoint: str, *, dbms: str, seconds: int) -> Iterator[Row]:
    starts = tuple(stack.origin + path for path in START_PUBLIC)
    place = wapiti.Site(url=f"{stack.origin}/", who="anonymous", endpoint=endpoint, starts=starts)
    yield from run_wapiti(stack, place, seconds=seconds)
    stranger = Visitor(stack)
    targets = public_targets(stranger)
    yield from run_sqlmap(stack, targets, who="anonymous", dbms=dbms, cookie=stranger.cookie)


def as_editor(stack: Stack, endpoint: str, *, dbms: str, seconds: int) -> Iterator[Row]:
    """Raises RuntimeError when the editor was not signed in all the time: part of the scan was a stranger's."""
    editor = signed_in(stack)
    noted = len(notes_of(stack))
    place = wapiti.Site(
        url=f"{stack.origin}/admin/",
        who="editor",
        endpoint=endpoint,
        starts=tuple(stack.origin + path for path in admin_pages(editor)),
        excluded=tuple(stack.origin + path for path in EXCLUDED),
        cookie=editor.cookie,
        depth=1,
    )
    yield from run_sqlmap(stack, admin_targets(), who="editor", dbms=dbms, cookie=editor.cookie)
    yield from run_wapiti(stack, place, seconds=seconds)
    if paths := aftermath.shut_out(notes_of(stack)[noted:]):
        raise RuntimeError(f"the editor was signed out during the scan: {len(paths)} times, first from {paths[0]}")


SCANS = {"anonymous": as_stranger, "editor": as_editor}


def scan(stack: Stack, who: list[str], **options) -> Iterator[Row]:
    with serving(elsewhere := Elsewhere()) as endpoint:
        for name in who:
            yield from SCANS[name](stack, endpoint, **options)
    called = [
        Finding(scanner="aftermath", who="all", module="site", path=path, info="the site called somebody elsewhere")
        for path in elsewhere.calls
    ]
    yield Row("aftermath", "all", "5xx, requests, logs, calls", asked(stack), called + aftermath.look(stack))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--seconds", type=int, default=10, help="for each module of wapiti, anonymous and as editor")
    parser.add_argument("--who", choices=list(SCANS), action="append", help="one of the two scans alone")
    options = parser.parse_args()
    if NGINX is None:
        sys.exit("`make scan` needs nginx; on Debian: apt-get install nginx-light")
    with tools.alone():
        tools.install()
        began, dbms, findings = time.monotonic(), "PostgreSQL" if options.postgres else "SQLite", []
        print(HEAD, flush=True)
        for row in prove_the_scanners():
            print(row, flush=True)
        with site(postgres=options.postgres) as stack:
            for row in scan(stack, options.who or list(SCANS), dbms=dbms, seconds=options.seconds):
                print(row, flush=True)
                findings += row.findings
    print(f"\nnot run: {'; '.join(f'{name} ({why})' for name, why in wapiti.LEFT_OUT.items())}")
    print(f"{dbms}, took {(time.monotonic() - began) / 60:.1f} minutes")
    if remaining := unexplained(findings):
        sys.exit("Found:\n" + "\n".join(map(str, remaining)))


if __name__ == "__main__":
    main()
