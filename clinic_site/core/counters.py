"""What each process counts for /metrics: answers, faults, mails that failed, pages from the cache.

Labels are numbers and names that stand in the code, never anything that somebody sent.
"""

import logging
import os
import socket
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, values
from prometheus_client.multiprocess import MultiProcessCollector

# Room for some 500 series. A file in which a page has no room when it is written ends the process
# with SIGBUS: so all of it is taken from the disk before the first count.
FILE_BYTES = 128 * 1024

OURS = CollectorRegistry()
ANSWERS = Counter("clinic_answers", "Answers, by status, but for pages from the cache.", ["status"], registry=OURS)
FAULTS = Counter("clinic_faults", "Faults in the log, by kind of exception.", ["kind", "logger"], registry=OURS)
MAIL_FAILURES = Counter("clinic_mail_failures", "Tries to send a mail that failed, by kind.", ["kind"], registry=OURS)
CACHED_PAGES = Counter("clinic_page_cache", "Public pages, by where they came from.", ["result"], registry=OURS)

# Where a page that readers ask for comes from: from memory, or made anew.
HIT, MISS = "hit", "miss"


def answered(*, status: int) -> None:
    ANSWERS.labels(status=str(status)).inc()


def mail_failed(*, error: Exception) -> None:
    MAIL_FAILURES.labels(kind=type(error).__name__).inc()


def page_came_from(result: str) -> None:
    """Count a public page; `result` is HIT or MISS."""
    _pages(result).inc()


@cache
def _pages(result: str) -> Counter:
    """Look it up once: that would be a quarter of what it costs us to send a page from memory."""
    return CACHED_PAGES.labels(result=result)


class FaultCounter(logging.Handler):
    """A log handler that counts each exception that is logged as an error, whichever process logs it."""

    def emit(self, record: logging.LogRecord) -> None:
        # What Django refuses with a 400 is no fault of ours.
        if record.exc_info and record.exc_info[0] and not record.name.startswith("django.security"):
            FAULTS.labels(kind=record.exc_info[0].__name__, logger=record.name).inc()


# Adding up over processes --------------------------------------------------------------------


def share(*, folder: Path) -> None:
    """Keep what this process counts from now on in a file of its own in `folder`, for `counted` to add up.

    When the disk has no room for it, the process counts for itself alone.
    """
    name = f"{socket.gethostname()}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"counter_{name}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, FILE_BYTES)
    except OSError as error:
        logging.getLogger(__name__).warning("nothing is counted for /metrics: %s", type(error).__name__)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    # Two containers that share the folder may both have a process 7.
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: name)


def counted(*, folder: Path) -> CollectorRegistry:
    """Return what all processes have counted since the web server was started; this one's while none shares."""
    if not any(folder.glob("*.db")):
        return OURS
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    return registry


def forget_dead(*, folder: Path) -> None:
    """Delete the counts of processes of this machine that run no more."""
    host = socket.gethostname()
    for path in folder.glob(f"counter_{host}-*.db"):
        process = path.stem.removeprefix(f"counter_{host}-")
        if process.isdigit() and not _runs(int(process)):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
