"""/metrics: figures for Prometheus, for whoever has the token. Numbers alone: no name, no reference, no address."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Max, Min
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import CollectorRegistry

from clinic_site.core.counters import counted
from clinic_site.core.models import JobRun, OutboxMessage, WorkerBeat
from consults.desk import UNTRIED
from consults.models import ConsultRequest
from locations.models import Location

NEVER = float("inf")
UNSURE = "unsure"
UNSENT = [OutboxMessage.State.QUEUED, OutboxMessage.State.SENDING]
DAY = timedelta(days=1)
# The last good run of each: see OPERATIONS.md.
WATCHED_JOBS = {"backup": "clinic_backup_age_seconds", "verify-backup": "clinic_backup_check_age_seconds"}


@never_cache
@require_safe
def metrics(request) -> HttpResponse:
    """Answer with all figures; 404 while no METRICS_TOKEN is set, 401 for any other token or none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        response = HttpResponse("The token is missing or wrong.\n", status=401, content_type="text/plain")
        response.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return response
    state = CollectorRegistry()
    state.register(State(now=timezone.now()))
    body = generate_latest(state) + generate_latest(counted(folder=settings.METRICS_DIR))
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


class State:
    """How things stand in the database. It is the same whichever machine is asked."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        answers = GaugeMetricFamily("clinic_database_up", "1 when the database answered.")
        try:
            found = [*self._mails(), *self._jobs(), *self._requests()]
        except (DatabaseError, InterfaceError):
            # What the processes counted is told all the same.
            found = []
        answers.add_metric([], float(bool(found)))
        yield answers
        yield from found

    def _age(self, moment: datetime | None, *, never: float = NEVER) -> float:
        return max(0.0, (self.now - moment).total_seconds()) if moment else never

    def _mails(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily("clinic_mails", "Mails that have not left, by state.", labels=["state"])
        states = [*UNSENT, OutboxMessage.State.FAILED]
        rows = OutboxMessage.objects.filter(state__in=states).order_by().values_list("state")
        counts = dict(rows.annotate(Count("pk")))
        for state in states:
            waiting.add_metric([state], counts.get(state, 0))
        yield waiting
        oldest = OutboxMessage.objects.filter(state__in=UNSENT).aggregate(at=Min("created_at"))["at"]
        age = self._age(oldest, never=0)
        yield GaugeMetricFamily("clinic_oldest_unsent_mail_seconds", "Age of the oldest mail still to be sent.", age)

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        good = JobRun.objects.filter(name__in=WATCHED_JOBS, error="", finished_at__isnull=False).order_by()
        ended = dict(good.values_list("name").annotate(Max("finished_at")))
        for job, name in WATCHED_JOBS.items():
            yield GaugeMetricFamily(name, f"Since the last good run of {job}; +Inf: never.", self._age(ended.get(job)))
        failed = GaugeMetricFamily("clinic_job_failures", "Failed runs of the last 24 hours, by job.", labels=["job"])
        runs = JobRun.objects.filter(started_at__gt=self.now - DAY).exclude(error="").order_by()
        for job, count in runs.values_list("name").annotate(Count("pk")):
            failed.add_metric([job], count)
        yield failed
        seen = self._age(WorkerBeat.objects.aggregate(at=Max("seen_at"))["at"])
        yield GaugeMetricFamily("clinic_worker_beat_age_seconds", "Since a worker was last seen; +Inf: never.", seen)

    def _requests(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily("clinic_requests_waiting", "Requests nobody has tried.", labels=["clinic"])
        longest = GaugeMetricFamily("clinic_oldest_waiting_seconds", "The longest such wait.", labels=["clinic"])
        rows = ConsultRequest.objects.real().filter(UNTRIED).order_by().values_list("location__slug")
        found = {slug: (count, since) for slug, count, since in rows.annotate(Count("pk"), Min("waiting_since"))}
        for slug in [*Location.objects.order_by("slug").values_list("slug", flat=True), None]:
            count, since = found.get(slug, (0, None))
            waiting.add_metric([slug or UNSURE], count)
            longest.add_metric([slug or UNSURE], self._age(since, never=0))
        yield waiting
        yield longest
        aside = ConsultRequest.objects.quarantined().count()
        yield GaugeMetricFamily("clinic_requests_quarantined", "Requests set aside as possible spam.", aside)
