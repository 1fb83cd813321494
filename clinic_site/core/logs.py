"""Log lines that can be read by anyone: no request body, no query, no text of an exception."""

import logging
import traceback


class PrivateFormatter(logging.Formatter):
    """Prints where an exception came from and of what kind it is, never what it said.

    The text of an exception can hold what a person typed (a database error quotes the row, a
    ValueError the value). The type and the places in the code are enough to find the fault.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord(record.__dict__)
        record.exc_text = None
        return super().format(record)

    def formatException(self, exc_info) -> str:  # noqa: N802  (logging's own name)
        lines, error, seen = [], exc_info[1], set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines.append(f"{type(error).__module__}.{type(error).__name__}")
            lines += [
                f"  {frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__, limit=-12)
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return ""
