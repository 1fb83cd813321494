"""wapiti: it reads every page and form that it can reach, and attacks each with one module after another."""

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import tools
from .findings import Finding

MODULES = [
    *("backup", "brute_login_form", "buster", "cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess"),
    *("http_headers", "https_redirect", "ldap", "methods", "permanentxss", "redirect", "shellshock", "spring4shell"),
    *("sql", "ssrf", "timesql", "upload", "xss", "xxe"),
]
LEFT_OUT = {
    "cms": "tells which version of Drupal, Joomla, PrestaShop, SPIP or WordPress a site is",
    "wp_enum": "lists plugins of WordPress",
    "network_device": "knows the pages of routers and firewalls",
    "htp": "needs a database from the network",
    "nikto": "needs a database from the network",
    "wapp": "needs a database from the network",
    "log4shell": "needs a name server on the network, and a site in Java",
    "takeover": "asks the public DNS about names below the domain",
    "ssl": "asks crt.sh about the certificate, which is made for the occasion; tests/deploy looks at the protocols",
}
LAUNCHING = re.compile(r"\[\*\] Launching module (\w+)")
CUT = re.compile(r"Max attack time was reached for module (\w+)")
FOUND = re.compile(r"Wapiti found (\d+) URLs and forms")
# wapiti says of a module that broke only this; it goes on with the next page.
BROKE = re.compile(r"Traceback|\bUnable to import module|Missing dependencies")


@dataclass
class Run:
    """What one run of wapiti did. `requests` counts them by module; `cut` are modules that ran out of time."""

    findings: list[Finding]
    requests: dict[str, int] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    places: int = 0


def command(
    url: str, *, report: Path, modules: list[str], seconds: int, endpoint: str, starts=(), cookie="", excluded=()
) -> list[str]:
    """The command line. `seconds` bound each module; reading the site may take three times as long."""
    store = report.parent / report.stem
    line = [tools.program("wapiti"), "--url", url, "--module", ",".join(modules), "--flush-session", "--no-bugreport"]
    line += ["--store-session", str(store), "--store-config", str(store), "--format", "json", "--output", str(report)]
    line += ["--max-attack-time", str(seconds), "--max-scan-time", str(3 * seconds), "--max-links-per-page", "150"]
    line += ["--max-files-per-dir", "40", "--max-parameters", "100", "--timeout", "20", "--tasks", "4"]
    line += ["--endpoint", endpoint, "--verbose", "1"]
    line += [part for start in starts for part in ("--start", start)]
    line += [part for address in excluded for part in ("--exclude", address)]
    # Given as a header it stays what it is, whatever an attack is answered.
    return [*line, "--cookie-value", cookie] if cookie else line


def check_modules() -> None:
    """Raises RuntimeError when wapiti has a module that is neither run nor left out with a reason."""
    listed = subprocess.run(
        [tools.program("wapiti"), "--list-modules"], env=tools.environment(), capture_output=True, text=True, check=True
    ).stdout
    if forgotten := set(re.findall(r"^\t(\w+)", listed, re.MULTILINE)) ^ {*MODULES, *LEFT_OUT}:
        raise RuntimeError(f"wapiti has modules that are neither run nor left out, or lacks some: {sorted(forgotten)}")


def run(url: str, *, who: str, count: Callable[[], int], report: Path, modules: list[str], **options) -> Run:
    """Scan `url`; `count` tells how many requests the site has been asked so far. Raises RuntimeError when it broke."""
    report.unlink(missing_ok=True)
    log = report.with_suffix(".log")
    line = command(url, report=report, modules=modules, **options)
    with subprocess.Popen(
        line, env=tools.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        done = follow(process.stdout, count=count, log=log)
    missing = sorted(set(modules) - done.requests.keys())
    if process.returncode or missing or BROKE.search(log.read_text()) or not report.exists():
        raise RuntimeError(f"wapiti broke, or did not run {missing}; see {log}")
    done.findings = findings_of(json.loads(report.read_text()), who=who)
    return done


def follow(said: Iterable[str], *, count: Callable[[], int], log: Path) -> Run:
    """Keep what wapiti says in `log`, and return how many requests each module sent."""
    done, module, before = Run([]), "reading", count()
    with open(log, "w") as kept:
        for line in said:
            kept.write(line)
            if found := LAUNCHING.search(line):
                done.requests[module], before = count() - before, count()
                module = found[1]
            elif found := CUT.search(line):
                done.cut.add(found[1])
            elif found := FOUND.search(line):
                done.places = int(found[1])
    done.requests[module] = count() - before
    return done


def findings_of(report: dict, *, who: str) -> list[Finding]:
    """Read wapiti's report: what it calls vulnerabilities, anomalies and additional findings alike."""
    return [
        Finding(
            scanner="wapiti",
            who=who,
            module=entry["module"],
            method=entry["method"],
            path=entry["path"],
            parameter=entry["parameter"] or "",
            info=entry["info"],
        )
        for part in ("vulnerabilities", "anomalies", "additionals")
        for entries in report[part].values()
        for entry in entries
    ]
