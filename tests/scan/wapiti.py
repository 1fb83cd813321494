"""wapiti: it reads every page and form that it can reach, and attacks each with one module after another."""

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import tools
from .findings import Finding

# What attacks a parameter does so in pages and in forms.
PARAMETERS = ["crlf", "exec", "file", "ldap", "permanentxss", "spring4shell", "sql", "ssrf", "timesql", "xss", "xxe"]
PAGES = [
    *("backup", "buster", "cookieflags", "csp", "htaccess", "http_headers", "https_redirect", "methods", "redirect"),
    *("shellshock", *PARAMETERS),
]
FORMS = ["brute_login_form", "csrf", "upload", *PARAMETERS]
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


@dataclass(frozen=True, kw_only=True)
class Site:
    """What is scanned, and as whom: where reading starts, how many links deep it goes, and what it leaves alone."""

    url: str
    who: str
    endpoint: str
    starts: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    cookie: str = ""
    depth: int = 9

    def modules(self, method: str) -> list[str]:
        """Without shellshock where somebody is signed in: its payload takes the place of the cookie."""
        modules = {"get": PAGES, "post": FORMS}[method]
        return [name for name in modules if not (self.cookie and name == "shellshock")]

    @property
    def report(self) -> Path:
        return tools.FOLDER / f"wapiti-{self.who.replace(' ', '-')}.json"


def command(site: Site, *, modules: list[str], seconds: int, reads: bool) -> list[str]:
    """The command line. `seconds` bound each module; reading the site anew may take three minutes."""
    line = [tools.program("wapiti"), "--url", site.url, "--module", ",".join(modules), "--no-bugreport"]
    line += ["--flush-session"] if reads else ["--skip-crawl"]
    for option in ("--store-session", "--store-config"):
        line += [option, str(site.report.with_suffix(""))]
    line += ["--format", "json", "--output", str(site.report), "--verbose", "1", "--endpoint", site.endpoint]
    line += ["--max-attack-time", str(seconds), "--max-scan-time", "180", "--depth", str(site.depth)]
    # Few addresses of one kind: a list with every pair of its filters says nothing new.
    line += ["--max-files-per-dir", "40", "--scan-force", "paranoid", "--remove", "_changelist_filters"]
    line += ["--max-parameters", "100", "--skip", "csrfmiddlewaretoken", "--timeout", "20", "--tasks", "4"]
    line += [part for start in site.starts for part in ("--start", start)]
    line += [part for address in site.excluded for part in ("--exclude", address)]
    # Given as a header it stays what it is, whatever an attack is answered.
    return [*line, "--cookie-value", site.cookie] if site.cookie else line


def check_modules() -> None:
    """Raises RuntimeError when wapiti has a module that is neither run nor left out with a reason."""
    listed = subprocess.run(
        [tools.program("wapiti"), "--list-modules"], env=tools.environment(), capture_output=True, text=True, check=True
    ).stdout
    if forgotten := set(re.findall(r"^\t(\w+)", listed, re.MULTILINE)) ^ {*PAGES, *FORMS, *LEFT_OUT}:
        raise RuntimeError(f"wapiti has modules that are neither run nor left out, or lacks some: {sorted(forgotten)}")


def run(site: Site, *, count: Callable[[], int], modules: list[str], method: str, **options) -> Run:
    """Attack the pages (`method` "get") or forms ("post") of a site; reading it comes with the former.

    `count` tells how many requests the site has been asked so far. Raises RuntimeError when wapiti broke.
    """
    site.report.unlink(missing_ok=True)
    log = site.report.with_suffix(f".{method}.log")
    # "xss:get" would do the opposite in this version; "-xss:post" takes the forms away as it says.
    other = {"get": "post", "post": "get"}[method]
    chosen = [*modules, *(f"-{module}:{other}" for module in modules)]
    line = command(site, modules=chosen, reads=method == "get", **options)
    with subprocess.Popen(
        line, env=tools.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        done = follow(process.stdout, count=count, log=log)
    missing = sorted(set(modules) - done.requests.keys())
    if process.returncode or missing or BROKE.search(log.read_text()) or not site.report.exists():
        raise RuntimeError(f"wapiti broke, or did not run {missing}; see {log}")
    found = findings_of(json.loads(site.report.read_text()), who=site.who)
    # The report of the forms holds what was found in pages again.
    done.findings = [each for each in found if (each.module in FORMS and each.method == "POST") == (method == "post")]
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
