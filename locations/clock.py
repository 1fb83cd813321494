"""Times of day as people in Alabama say them."""

from datetime import time


def clock_text(moment: time) -> str:
    """Return "9 am", "8:30 am", "noon" or "midnight". Seconds are left out."""
    if (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    if (moment.hour, moment.minute) == (12, 0):
        return "noon"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'am' if moment.hour < 12 else 'pm'}"
