"""What the worker does besides mails, gathered from the apps."""

from datetime import time

from articles.links import check_links, collect_links
from clinic_site.core.jobs import DailyJob, WeeklyJob
from consults.digest import queue_digest

# Once a day or once a week.
DAILY_JOBS: list[DailyJob | WeeklyJob] = [
    DailyJob("links", collect_links, not_before=time(3)),
    DailyJob("digest", queue_digest, not_before=time(7, 30)),
]
# Whenever no mail waits, a little at a time.
IDLE_WORK = [check_links]
