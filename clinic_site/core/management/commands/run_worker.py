"""Send mails, run the periodic jobs and make pictures ready, until told to stop."""

import logging
import signal
import socket
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

from clinic_site.core import counters
from clinic_site.core.delivery import deliver_next, delivery_clock
from clinic_site.core.jobs import do_idle_work, run_due_jobs
from clinic_site.core.models import WorkerBeat
from clinic_site.core.renditions import make_missing_renditions

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1
JOB_SECONDS = 1
BEAT_SECONDS = 10


class Command(BaseCommand):
    help = "Send waiting mails, run periodic jobs, make pictures ready. Any number of workers may run at once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, then stop")

    def handle(self, *args, once: bool, **options) -> None:
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        if settings.METRICS_TOKEN:
            counters.share(folder=settings.METRICS_DIR)
        jobs, idle_work = import_string(settings.PERIODIC_JOBS), import_string(settings.IDLE_WORK)
        beat_due = jobs_due = float("-inf")
        while not self.stopping:
            try:
                if time.monotonic() >= beat_due:
                    beat()
                    beat_due = time.monotonic() + BEAT_SECONDS
                if time.monotonic() >= jobs_due:  # of many mails that wait, dozens leave meanwhile
                    run_due_jobs(jobs, now=timezone.now())
                    jobs_due = time.monotonic() + JOB_SECONDS
                busy = deliver_next(now=delivery_clock(), clock=delivery_clock)
                # Mails first: pictures can wait, and until then pages show them as they were uploaded.
                busy = busy or make_missing_renditions(now=timezone.now())
            except (DatabaseError, InterfaceError):
                # The database is away or busy: nothing was claimed or the lease will run out.
                logger.exception("the worker could not reach the database")
                busy = False
            except Exception:
                # Logged, where the words of an exception are left out: Python's own traceback would print them.
                logger.exception("the worker stopped")
                sys.exit(1)
            if once and not busy:
                return
            if not busy:
                do_idle_work(idle_work, now=timezone.now())
                close_old_connections()
                time.sleep(IDLE_SECONDS)

    def stop(self, *args) -> None:
        """Finish the mail in hand, then leave."""
        self.stopping = True


def beat() -> None:
    """Leave a sign of life that the admin and the checks read."""
    WorkerBeat.objects.update_or_create(host=socket.gethostname()[:100], defaults={"seen_at": timezone.now()})
