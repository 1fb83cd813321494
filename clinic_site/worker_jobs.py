"""What the worker does besides mails, gathered from the apps."""

from datetime import time, timedelta

from articles.links import check_links, collect_links
from articles.review_mail import queue_review_mails
from clinic_site.backups.jobs import DAILY_BACKUP, back_up_again, note_erased, verify
from clinic_site.core.backup_status import VERIFY_JOB
from clinic_site.core.content_stamp import forget_changes
from clinic_site.core.jobs import DailyJob, FrequentJob, Job, WeeklyJob, forget_old_runs
from clinic_site.core.planner import count_rows
from clinic_site.core.search.missed import forget_missed
from clinic_site.signin.mails import forget_links
from clinic_site.signin.standing import forget_sessions
from clinic_site.signin.tries import forget_old_tries
from consults.client import forget_counts
from consults.digest import queue_digest
from consults.failures import tell_of_failed_mails
from consults.recipients import forget_codes
from consults.reminders import watch_promises
from consults.report_weeks import keep_weeks
from consults.retention import expire
from consults.silence import TEST_JOB, ping_heartbeat, send_test, send_test_again

# By the clock, each once in its time, whichever worker gets to it.
PERIODIC_JOBS: list[Job] = [
    DailyJob("links", collect_links, not_before=time(3)),
    DailyJob(TEST_JOB, send_test, not_before=time(6, 15)),
    DailyJob("digest", queue_digest, not_before=time(7, 30), at_once=True),
    DailyJob("old-searches", forget_missed, not_before=time(3)),
    DailyJob("old-changes", forget_changes, not_before=time(3)),
    DailyJob("old-codes", forget_codes, not_before=time(3)),
    DailyJob("old-counts", forget_counts, not_before=time(3)),
    DailyJob("old-runs", forget_old_runs, not_before=time(3)),
    DailyJob("retention", expire, not_before=time(3)),
    WeeklyJob("reviews", queue_review_mails, weekday=0, not_before=time(8), at_once=True),
    FrequentJob("promises", watch_promises, every=timedelta(minutes=5)),
    FrequentJob("daily-test-again", send_test_again, every=timedelta(minutes=10)),
    DailyJob("old-tries", forget_old_tries, not_before=time(3)),
    DailyJob("old-sessions", forget_sessions, not_before=time(3)),
    FrequentJob("old-links", forget_links, every=timedelta(minutes=10)),
    FrequentJob("failed-mails", tell_of_failed_mails, every=timedelta(minutes=5)),
    DAILY_BACKUP,
    FrequentJob("backup-again", back_up_again, every=timedelta(minutes=30)),
    FrequentJob("erased-requests", note_erased, every=timedelta(minutes=5)),
    WeeklyJob(VERIFY_JOB, verify, weekday=6, not_before=time(4)),
    DailyJob("row-counts", count_rows, not_before=time(3)),
    FrequentJob("report-weeks", keep_weeks, every=timedelta(minutes=5)),
]
# Whenever no mail waits, a little at a time.
IDLE_WORK = [ping_heartbeat, check_links]
