"""Log lines that can be read by anyone: no request body, no query, no secret in a path, no text of an exception.

Each record is a line of text or of JSON, as LOG_FORMAT says. While a request is answered, its id
and its reference stand in each.
"""

import json
import logging
import re
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

from .current_request import current_marks

# How many places in the code are named for an exception: the innermost ones.
MOST_PLACES = 12
# What these say is about settings, and whoever runs the site needs it to start it.
OPERATORS_WORDS = (ImproperlyConfigured, SystemCheckError)
# What would end a line, or change how it is read.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What gunicorn may say of itself: numbers, names, the addresses it listens on.
OF_ITSELF = re.compile(r"https?://[\w.:\[\]]+|unix:[\w./-]+|\('[\da-f.:]+'(?:, \d+)+\)|[\w.]+")


class PrivateFormatter(logging.Formatter):
    """Prints where an exception came from and of what kind it is, never what it said.

    The text of an exception can hold what a person typed (a database error quotes the row, a
    ValueError the value). The type and the places in the code are enough to find the fault.
    """

    def __init__(self) -> None:
        super().__init__()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  (logging calls it so)
        """The moment in UTC, and said so: lines of several machines can be put in order."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        said = f"{message_of(record)} {_pairs(fields_of(record))}".rstrip()
        lines = [f"{self.formatTime(record)} {record.levelname} {record.name} {said}"]
        for fault in faults_of(record):
            lines += [fault["kind"], *(f"  {place}" for place in [*fault["at"], *fault.get("said", [])])]
        # A value may hold the end of a line: nobody can write a second one that looks like ours.
        return "\n".join(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)


class JsonFormatter(PrivateFormatter):
    """The same as one JSON object a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        faults = faults_of(record)
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            **fields_of(record),
            **({"exception": faults} if faults else {}),
        }
        return json.dumps(line)


def message_of(record: logging.LogRecord) -> str:
    """Return what a record says, without what somebody sent."""
    if record.name.startswith("django.security"):
        # Django puts the text of the exception here, or the origin that somebody claims.
        return f"Refused: {record.name.rpartition('.')[2]}"
    if getattr(record, "request", None) is not None:  # of Django: it says the path
        return HTTPStatus(getattr(record, "status_code", 500)).phrase
    if record.name.startswith("gunicorn"):
        return _of_gunicorn(record)
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a slip in the call; logging itself would print the values
        return str(record.msg)


def fields_of(record: logging.LogRecord) -> dict:
    """Return the marks of the request, if there is one, and what the record says of it besides."""
    marks = getattr(getattr(record, "request", None), "marks", None) or current_marks.get()
    return {**(asdict(marks) if marks else {}), **getattr(record, "fields", {})}


def faults_of(record: logging.LogRecord) -> list[dict]:
    """Return the kind of each exception in the chain and where it came from, the last one first."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    found, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__, limit=-MOST_PLACES)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        fault = {"kind": f"{type(error).__module__}.{type(error).__qualname__}", "at": places}
        if isinstance(error, OPERATORS_WORDS):
            fault["said"] = str(error).splitlines()
        found.append(fault)
        error = error.__cause__ or error.__context__
    return found


def say_kind_and_place(kind: type[BaseException], error: BaseException, places: TracebackType | None) -> None:
    """Stand in for Python's own traceback, which prints the text of the exception.

    Not where somebody develops, nor for somebody who sits at the keyboard: they are kept nowhere.
    """
    is_watched = not settings.configured or settings.DEBUG or sys.stderr.isatty()
    if is_watched or issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, places)
        return
    logging.getLogger("clinic_site").critical("stopped by a fault", exc_info=(kind, error, places))


def say_uncaught_privately() -> None:
    """From now on, what nothing catches in this process is logged instead of printed."""
    sys.excepthook = say_kind_and_place


def _of_gunicorn(record: logging.LogRecord) -> str:
    """Its own lines as they are. Those about a request quote it: they keep their first words alone."""
    said = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    args = record.args if isinstance(record.args, tuple) else ()
    if record.exc_info or not all(isinstance(arg, int) or OF_ITSELF.fullmatch(str(arg)) for arg in args):
        return re.split(r"[%:\n]", said)[0].strip()
    return said % args if args else said.partition("=")[0]


def _pairs(fields: dict) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
