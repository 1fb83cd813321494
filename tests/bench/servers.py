"""Servers to measure, all under the shipped gunicorn settings, and what measures them."""

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from tests.smtp import free_port

from .databases import ROOT, collect_static, environment, make_empty, python

SHIPPED = "clinic_site.wsgi"
# The same site without what stands in front of Django.
UNCACHED = "tests.bench.uncached"
UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running server: where it answers, and the process that started its workers."""

    port: int
    pid: int

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of one GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body


def make_site_database(name: str) -> None:
    """Make a database with the initial content, and the static files that its pages name."""
    make_empty(name)
    python("manage.py", "load_content", "--verbosity", "0", database=name)
    collect_static()


@contextmanager
def serve(application: str, *, database: str, wait: bool = True, **more: str) -> Iterator[Site]:
    """Run an application under gunicorn as the Procfile does, on a port of its own."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "clinic_site/gunicorn_conf.py", application],
        cwd=ROOT,
        env=environment(database, port=port, PORT=str(port), **more),
    )
    try:
        if wait:
            wait_for(port)
        yield Site(port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, path: str = "/") -> None:
    """Return as soon as something answers on this port. Raises TimeoutError after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing answers on port {port}")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What wrk saw: answers a second, milliseconds at the median and the 99th percentile, answers, errors."""

    rate: float
    p50: float
    p99: float
    answers: int
    errors: int


def wrk(url: str, *, connections: int, seconds: int, script: str = "", **headers: str) -> Load:
    """Ask for `url` as fast as it answers, over so many connections at once."""
    words = ["wrk", "--latency", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
    for name, value in headers.items():
        words += ["-H", f"{name.replace('_', '-')}: {value}"]
    with NamedTemporaryFile("w", suffix=".lua") as file:
        if script:
            file.write(script)
            file.flush()
            words += ["-s", file.name]
        said = subprocess.run([*words, url], capture_output=True, text=True, check=True).stdout
    return Load(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        p50=_milliseconds(_found(r"50%\s+([\d.]+[a-z]+)", said)),
        p99=_milliseconds(_found(r"99%\s+([\d.]+[a-z]+)", said)),
        answers=int(_found(r"(\d+) requests in", said)),
        errors=sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said)))
        + sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said))),
    )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"wrk said something else:\n{text}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()
    return float(number) * UNITS[unit]


def children(pid: int) -> list[int]:
    """The processes that `pid` started: gunicorn's workers."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
