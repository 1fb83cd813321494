"""How long a person has waited in the clinic's own time, and what was promised to them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from locations.business_time import (
    MINUTE,
    Calendar,
    Calendars,
    after_business_minutes,
    business_minutes,
    business_time,
    next_opening,
)

from .models import ConsultRequest

# Staff are left alone from 8 pm to 7 am, unless the clinic wants it otherwise.
NIGHT_FROM, NIGHT_UNTIL = time(20), time(7)
# Without hours, a working day begins now.
DAY_BEGINS = time(9)
SATURDAY = 5
# After so long, days tell more than opening hours, which would have to be counted one by one.
LONG_BROKEN = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Until when a person should hear from the clinic.

    `left` is opening time; it is negative once the promise is broken, and all time counts once that is
    30 days ago. Where no hours are set, all time is opening time, and `sentence` calls it plain hours.
    """

    deadline: datetime
    left: timedelta
    sentence: str

    @property
    def is_broken(self) -> bool:
        return self.left <= timedelta()


def minutes_to_contact(request: ConsultRequest, *, calendars: Calendars, at: datetime) -> int:
    """Return the whole minutes of opening time from asking to `at`, the moment of the first contact."""
    return business_minutes(calendars.of(request.location_id), start=request.asked_at, end=at)


def promise(request: ConsultRequest, *, hours: int | None, calendars: Calendars, now: datetime) -> Promise | None:
    """Return how the promise of an answer within `hours` opening hours stands for one request.

    It counts from when the person began to wait: asking again after an end starts it anew. None
    when nothing is promised, when the person has been contacted, or when they no longer wait.
    """
    if not hours or request.first_contact_at or request.stage != ConsultRequest.Stage.WAITING:
        return None
    calendar = calendars.of(request.location_id)
    deadline = after_business_minutes(calendar, start=request.waiting_since, minutes=hours * 60)
    if now - deadline > LONG_BROKEN:
        ago = length_text(now - deadline, opening=False)
        return Promise(deadline=deadline, left=deadline - now, sentence=f"promise broken {ago} ago")
    left = business_time(calendar, start=now, end=deadline) or -business_time(calendar, start=deadline, end=now)
    return Promise(deadline=deadline, left=left, sentence=_sentence(calendar, left))


def next_working_morning(location_id: int | None, *, calendars: Calendars, now: datetime) -> datetime:
    """Return when work begins after today: the next opening after today's night, in UTC.

    Where no hours are set, that is 9:00 on the next weekday.
    """
    calendar = calendars.of(location_id)
    day = timezone.localtime(now).date() + timedelta(days=1)
    if calendar.counts_everything:
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return _local(day, DAY_BEGINS)
    # A clinic that is open all night begins its day when the night is over.
    return next_opening(calendar, after=_local(day, NIGHT_UNTIL))


def is_night(now: datetime) -> bool:
    """True from 8 pm to 7 am on the clinic's clocks."""
    return not NIGHT_UNTIL <= timezone.localtime(now).time() < NIGHT_FROM


def length_text(length: timedelta, *, opening: bool) -> str:
    """Return a length of time in its largest fitting unit: "2 opening hours", "40 minutes", "3 days".

    Opening hours are never put together to days: a day has fewer of them.
    """
    minutes = max(length // MINUTE, 1)
    if minutes >= 2 * 24 * 60 and not opening:
        count, unit = minutes // (24 * 60), "day"
    else:
        count, unit = (minutes // 60, "hour") if minutes >= 60 else (minutes, "minute")
    return f"{count} {'opening ' if opening else ''}{unit}{'' if count == 1 else 's'}"


def _sentence(calendar: Calendar, left: timedelta) -> str:
    length = length_text(abs(left), opening=not calendar.counts_everything)
    if left > timedelta():
        return f"{length} left"
    return f"promise broken {length} ago" if left else "promise broken just now"


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=timezone.get_default_timezone()).astimezone(UTC)
