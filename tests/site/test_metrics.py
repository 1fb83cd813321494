"""/metrics: who may read it, and that each figure follows what happens."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from clinic_site import metrics
from clinic_site.core.delivery import claim_next, mark
from clinic_site.core.models import JobRun, WorkerBeat
from clinic_site.core.page_cache import PageCache
from consults.pipeline import note_outcome
from tests.core.test_page_cache import MEGABYTE, Answered
from tests.factories.consults import make_failed_mail, make_mail, make_quarantined_request, make_request
from tests.factories.locations import make_location
from tests.factories.posts import NOW
from tests.site.canary import NEEDLES, canary_post

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-monitoring"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.METRICS_TOKEN, settings.METRICS_DIR = TOKEN, tmp_path
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def figures(client):
    def read() -> dict[str, float]:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        return {
            " ".join([sample.name, *sample.labels.values()]): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        }

    return read


def test_without_a_token_in_the_settings_there_is_no_such_page(client, settings):
    settings.METRICS_TOKEN = ""
    response = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert response.status_code == 404
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_any_other_token_is_refused_alike(client, given):
    response = client.get("/metrics", headers={} if given is None else {"Authorization": given})
    assert (response.status_code, response.content) == (401, b"The token is missing or wrong.\n")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "no-store" in response.headers["Cache-Control"]


def test_a_site_on_which_nothing_happened_says_so(figures):
    found = figures()
    assert found["clinic_database_up"] == 1
    assert found["clinic_oldest_unsent_mail_seconds"] == 0
    assert found["clinic_backup_age_seconds"] == found["clinic_worker_beat_age_seconds"] == float("inf")
    assert found["clinic_requests_waiting unsure"] == 0


def test_mails_by_state_and_the_oldest_that_waits(figures):
    make_mail(created_at=NOW - 2 * HOUR)
    make_mail(created_at=NOW - HOUR)
    make_failed_mail(created_at=NOW - 9 * HOUR)
    make_mail(state="sent", sent_at=NOW, created_at=NOW - 9 * HOUR)
    found = figures()
    assert (found["clinic_mails queued"], found["clinic_mails sending"], found["clinic_mails failed"]) == (2, 0, 1)
    assert found["clinic_oldest_unsent_mail_seconds"] == 7200


def test_backups_jobs_and_the_worker(figures):
    run = {"period": "x", "started_at": NOW - 3 * HOUR, "finished_at": NOW - 2 * HOUR}
    JobRun.objects.create(name="backup", **run)
    JobRun.objects.create(name="backup", **{**run, "period": "y", "finished_at": NOW}, error="DiskFull")
    JobRun.objects.create(name="digest", **{**run, "started_at": NOW - 25 * HOUR}, error="ValueError")
    WorkerBeat.objects.create(host="web-1", seen_at=NOW - timedelta(seconds=30))
    found = figures()
    assert found["clinic_backup_age_seconds"] == 7200
    assert found["clinic_backup_check_age_seconds"] == float("inf")
    assert found["clinic_job_failures backup"] == 1
    assert "clinic_job_failures digest" not in found
    assert found["clinic_worker_beat_age_seconds"] == 30


def test_requests_that_nobody_tried_clinic_by_clinic(figures):
    auburn = make_location(name="Auburn", slug="auburn")
    make_request(location=auburn, now=NOW - 3 * HOUR)
    make_request(location=auburn, now=NOW - HOUR)
    make_request(now=NOW - HOUR)
    make_quarantined_request(location=auburn, now=NOW - 9 * HOUR)
    note_outcome(request=make_request(now=NOW - 9 * HOUR), kind="no_answer", actor=None, now=NOW)
    found = figures()
    assert (found["clinic_requests_waiting auburn"], found["clinic_oldest_waiting_seconds auburn"]) == (2, 10800)
    assert (found["clinic_requests_waiting unsure"], found["clinic_oldest_waiting_seconds unsure"]) == (1, 3600)
    assert found["clinic_requests_quarantined"] == 1


def test_mails_that_fail_are_counted_by_kind(figures):
    name = "clinic_mail_failures_total SMTPServerDisconnected"
    before = figures().get(name, 0)
    make_mail()
    mark(claim_next(now=NOW), error=smtplib.SMTPServerDisconnected("dana@mail.example"), now=NOW)
    assert figures()[name] == before + 1


def test_public_pages_are_counted_by_where_they_came_from(figures):
    def counted() -> tuple[float, float]:
        found = figures()
        return tuple(found.get(f"clinic_page_cache_total {result}", 0) for result in ("miss", "hit"))

    (misses, hits), pages = counted(), PageCache(answer_with_a_page, stamp=lambda: 1, most_bytes=MEGABYTE)
    for _ in range(3):
        assert Answered(pages, "/robots.txt").status == 200
    assert counted() == (misses + 1, hits + 2)


def answer_with_a_page(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Cache-Control", "public, max-age=0")])
    return [b"User-agent: *"]


def test_without_the_database_the_counts_are_told_all_the_same(figures, client, monkeypatch):
    def away(self):
        raise OperationalError("host=10.0.0.5 password=secret")

    client.get("/zelda/")
    monkeypatch.setattr(metrics.State, "_jobs", away)
    found = figures()
    assert found["clinic_database_up"] == 0
    assert found["clinic_answers_total 404"] >= 1
    assert "clinic_oldest_unsent_mail_seconds" not in found


def test_no_figure_names_anybody(figures, client, content):
    assert client.post("/consult/", canary_post()).status_code == 303
    client.get("/zqwilla-canaryfeather/")
    text = " ".join(figures()).lower()
    assert [needle for needle in NEEDLES if needle.decode() in text] == []


def test_figures_cost_the_same_for_one_request_and_for_many(client, django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            make_request()
            make_mail()
        with django_assert_num_queries(8):
            client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
