"""What must hold once the scanners are gone: no fault, nothing lost, and nothing of theirs in the logs."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.deploy.stack import Stack

from .deployment import notes_of, stored
from .findings import Finding

# What differs from line to line and is nobody's word: moments, ids, durations.
PASSING = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ |\b(?:request_id|reference|request|duration_ms)=\S+")
PASSING_KEYS = {"at", "request", "request_id", "reference", "seconds", "bytes", "duration_ms"}
# Shorter words, and words of letters alone, may stand in a log by themselves: a path, a field, a job.
TELLING = re.compile(r"(?=.*[^\w./ -]).{6,}", re.DOTALL)
REFERENCE = re.compile(r"/consult/thanks/(\w+)/")


def look(stack: Stack) -> list[Finding]:
    """Return what is wrong with the site after the scans."""
    notes = notes_of(stack)
    access_log = stack.access_log.splitlines()[stack.lines_before :]
    lines = [*stack.said.splitlines(), *access_log]
    complaints = [
        *faults(notes),
        *proxy_faults(access_log),
        *lost(acknowledged(notes), stored(stack)),
        *(f"a log says {value!r}" for value in leaked((value for note in notes for value in note["sent"]), lines)),
    ]
    return [Finding(scanner="aftermath", who="all", module="site", path="", info=complaint) for complaint in complaints]


def acknowledged(notes: list[dict]) -> list[str]:
    """The references that people were thanked with, one for each time."""
    found = (REFERENCE.search(note["location"]) for note in notes if note["method"] == "POST" and note["status"] == 303)
    return [match[1] for match in found if match]


def faults(notes: list[dict]) -> Iterator[str]:
    for (method, path, status), times in Counter(
        (note["method"], note["path"], note["status"]) for note in notes if note["status"] >= 500
    ).items():
        yield f"{status} from {method} {path}, {times} times"


def proxy_faults(lines: Iterable[str]) -> Iterator[str]:
    """What the proxy answered with 5xx, whether the site said so or did not answer."""
    entries = (json.loads(line) for line in lines)
    for (method, path, status), times in Counter(
        (entry["method"], entry["path"], entry["status"]) for entry in entries if entry["status"] >= 500
    ).items():
        yield f"{status} through nginx from {method} {path}, {times} times"


def shut_out(notes: list[dict]) -> list[str]:
    """Addresses of the admin that sent whoever asked away to sign in: an editor's scan must meet none."""
    to_sign_in = ("/admin/login/", "/admin/account/login/", "/admin/account/again/")
    return [
        note["path"]
        for note in notes
        if note["status"] == 302
        and note["location"].startswith(to_sign_in)
        and not note["path"].startswith(("/admin/account/", "/admin/login/"))
    ]


def lost(thanked: list[str], held: dict) -> Iterator[str]:
    """`held` is what the database says: `stored` references, and those `unheard` by staff."""
    if missing := set(thanked) - set(held["stored"]):
        yield f"{len(missing)} acknowledged requests are not stored"
    if doubled := len(held["stored"]) - len(set(held["stored"])):
        yield f"{doubled} requests are stored twice"
    if held["unheard"]:
        yield f"{len(held['unheard'])} requests have no mail to staff"


def leaked(values: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return which of the values that were sent stand in a line of a log."""
    words = "\n".join({word for line in lines for word in said_by(line)})
    return sorted(value for value in set(values) if TELLING.fullmatch(value.strip()) and value.strip() in words)


def said_by(line: str) -> list[str]:
    if line.startswith("{"):
        try:
            entry = json.loads(line)
        except ValueError:
            return [line]
        return [str(value) for key, value in entry.items() if key not in PASSING_KEYS]
    return [PASSING.sub("", line)]
