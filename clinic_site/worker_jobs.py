"""What the worker does besides mails, gathered from the apps."""

from datetime import time

from articles.links import check_links, collect_links
from articles.review_mail import queue_review_mails
from clinic_site.core.jobs import DailyJob, WeeklyJob
from clinic_site.core.search.missed import forget_missed
from consults.client import forget_counts
from consults.digest import queue_digest
from consults.recipients import forget_codes

# Once a day or once a week.
PERIODIC_JOBS: list[DailyJob | WeeklyJob] = [
    DailyJob("links", collect_links, not_before=time(3)),
    DailyJob("digest", queue_digest, not_before=time(7, 30)),
    DailyJob("old-searches", forget_missed, not_before=time(3)),
    DailyJob("old-codes", forget_codes, not_before=time(3)),
    DailyJob("old-counts", forget_counts, not_before=time(3)),
    WeeklyJob("reviews", queue_review_mails, weekday=0, not_before=time(8)),
]
# Whenever no mail waits, a little at a time.
IDLE_WORK = [check_links]
