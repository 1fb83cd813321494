import logging
import sys

from clinic_site.core.logs import PrivateFormatter


def formatted(error: Exception) -> str:
    try:
        try:
            raise ValueError("Zelda Quarrington 205-555-0177")
        except ValueError as cause:
            raise error from cause
    except Exception:
        record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "It failed: %s", ("here",), sys.exc_info())
    record.exc_text = "Zelda, cached by another handler"
    return PrivateFormatter().format(record)


def test_a12_a_log_line_says_where_and_what_kind_but_not_what_was_said():
    text = formatted(RuntimeError("PTSD since 2019, please call"))
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py" in text
    assert "It failed: here" in text
    for value in ("Zelda", "Quarrington", "0177", "PTSD", "2019"):
        assert value not in text
