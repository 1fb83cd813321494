"""The clinic's day on the clock on its wall: when it ends, how moments and lengths of time are said."""

from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from locations.clock import clock_text

ONE_DAY = timedelta(days=1)


def local_moment(wall: datetime) -> datetime:
    """Return the moment, in UTC, at which the clinic's clock shows `wall`, which knows no time zone.

    A time that the clock shows twice is the first of the two; one that it skips is an hour later.
    """
    return wall.replace(tzinfo=timezone.get_default_timezone(), fold=0).astimezone(UTC)


def day_bounds(*, now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment of the clinic's day and the first of the next; days of 23 and 25 hours included."""
    today = timezone.localdate(now)
    return local_moment(datetime.combine(today, time())), local_moment(datetime.combine(today + ONE_DAY, time()))


def age_text(age: timedelta) -> str:
    """Return a length of time as people say it: 5 minutes, 3 hours, 2 days."""
    minutes = int(age.total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def moment_text(moment: datetime, *, now: datetime) -> str:
    """Return a moment as the desk says it: 2:30 pm today, 9 am tomorrow, noon on Monday, November 30."""
    wall = timezone.localtime(moment)
    days = (wall.date() - timezone.localdate(now)).days
    day = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days, f"on {wall:%A, %B %-d}")
    return f"{clock_text(wall.time())} {day}"
