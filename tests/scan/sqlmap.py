"""sqlmap: it tries every way it knows to bring SQL into the parameters it is told of."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from . import tools
from .findings import Finding

CLEAN = "all tested parameters do not appear to be injectable"
INJECTED = re.compile(r"^Parameter: (\S+) \((\w+)\)\n(?:.*\n)*?\s+Title: (.+)$", re.MULTILINE)
HINTED = re.compile(r"heuristic \((?:basic|XSS|FI)\) test shows that (\w+) parameter '([^']+)' might be (.+)")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is attacked: the parameters `attacked` of `query` or, where there is one, of `post`."""

    name: str
    path: str
    attacked: tuple[str, ...]
    query: dict
    post: dict | None = None
    # What a GET of the address is answered before any attack. Any other answer would mean that nothing is read.
    answers: tuple[int, ...] = (200,)

    @property
    def address(self) -> str:
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")


def command(base: str, target: Target, *, dbms: str, folder: Path, cookie: str = "") -> list[str]:
    line = [tools.program("sqlmap"), "--url", base + target.address, "-p", ",".join(target.attacked)]
    line += ["--batch", "--disable-coloring"]
    line += ["--level", "3", "--risk", "2", "--threads", "2", "--text-only"]
    line += ["--timeout", "20", "--retries", "1", "--time-sec", "3"]
    line += ["--dbms", dbms, "--flush-session", "--ignore-redirects", "--output-dir", str(folder)]
    # An attacker's form comes from the site's own page: anything else is refused before the database hears of it.
    line += ["--referer", base + target.path, "--ignore-code", "*"]
    if target.post is not None:
        line += ["--data", urlencode(target.post)]
    return [*line, "--cookie", cookie] if cookie else line


def run(base: str, target: Target, *, who: str, seconds: float, folder: Path, **options) -> list[Finding]:
    """Attack a target. Raises RuntimeError when sqlmap could not, or took longer than `seconds`."""
    line = command(base, target, folder=folder, **options)
    log = folder / f"sqlmap-{who}-{target.name}.log".replace(" ", "-")
    try:
        done = subprocess.run(
            line,
            env=tools.environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        log.write_bytes(late.stdout or b"")
        raise RuntimeError(f"sqlmap took more than {seconds} s for {target.name}; see {log}") from late
    log.write_text(done.stdout + done.stderr)
    found = findings_of(done.stdout, target, who=who)
    if CLEAN not in done.stdout and not found:
        raise RuntimeError(f"sqlmap could not attack {target.name}; see {log}")
    return found


def findings_of(said: str, target: Target, *, who: str) -> list[Finding]:
    """Read what sqlmap said: where it came in, and where it thinks that somebody might."""
    found = [(name, kind, title) for name, kind, title in INJECTED.findall(said)]
    found += [(name, kind, f"might be {what.strip()}") for kind, name, what in HINTED.findall(said)]
    return [
        Finding(
            scanner="sqlmap",
            who=who,
            module=target.name,
            method="GET" if target.post is None else "POST",
            path=target.path,
            parameter=name,
            info=info,
        )
        for name, _, info in found
    ]
