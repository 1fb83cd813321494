"""What the worker does once a day, gathered from the apps."""

from datetime import time

from clinic_site.core.jobs import DailyJob
from clinic_site.core.search.missed import forget_missed
from consults.digest import queue_digest

DAILY_JOBS = [
    DailyJob("digest", queue_digest, not_before=time(7, 30)),
    DailyJob("old-searches", forget_missed, not_before=time(3)),
]
