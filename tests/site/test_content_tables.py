"""The content stamp follows every change of what readers see and forms go by, whoever makes it."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from articles.models import Article, CheckedLink, Question
from clinic_site.content_tables import CONTENT, install_triggers
from clinic_site.core.content_stamp import (
    KEPT,
    StampReader,
    forget_changes,
    read_stamp,
    remove,
)
from clinic_site.core.models import ContentChange, OutboxMessage, SiteText
from tests.faults.worker import ROOT, wait_until, worker_environment

pytestmark = pytest.mark.django_db

# Tables of which no reader's page shows anything and that no form goes by. A new model belongs to one of the two lists.
NOT_CONTENT = {
    "core": "AuditEntry ContentChange JobRun LoadedContent MissedSearch OutboxMessage SearchDocument SearchWord "
    "WorkerBeat",
    "locations": "Location_desk_staff",
    "articles": "CheckedLink ForbiddenWord PreviewLink WritingRules",
    "consults": (
        "Activity ClientCount Consent ConsultRequest OpenedRequest ReportMark ReportWeek RetentionRules SourceCount"
    ),
}


@pytest.mark.parametrize("app", CONTENT)
def test_every_table_is_content_or_is_not(app):
    models = {model._meta.object_name for model in apps.get_app_config(app).get_models(include_auto_created=True)}
    content, other = set(CONTENT[app]), set(NOT_CONTENT[app].split())
    assert models == content | other
    assert not content & other


def test_a_change_of_any_content_changes_the_stamp(content):
    for app, names in CONTENT.items():
        for name in names:
            model = apps.get_model(app, name)
            row = model.objects.first()
            if row is None:
                continue
            before = read_stamp()
            field = next(field for field in model._meta.concrete_fields if not field.primary_key)
            model.objects.filter(pk=row.pk).update(**{field.attname: getattr(row, field.attname)})
            assert read_stamp() != before, name


def test_rows_that_come_and_go_change_it_too(content):
    for change in (
        lambda: Question.objects.bulk_create([Question(slug="why", question="Why?", answer="<p>x</p>")]),
        lambda: Question.objects.filter(slug="why").delete(),
        lambda: SiteText.objects.bulk_create([SiteText(key="new-text", body="x")], ignore_conflicts=True),
    ):
        before = read_stamp()
        change()
        assert read_stamp() != before


def test_requests_mails_and_checked_links_leave_it_alone(content):
    before = read_stamp()
    now = timezone.now()
    OutboxMessage.objects.create(
        kind="staff", about="", to_address="a@clinic.example", subject="x", body="x", created_at=now, due_at=now
    )
    CheckedLink.objects.create(url="https://other.example/", due_at=now)
    assert read_stamp() == before


def test_a_change_that_is_taken_back_changes_nothing(content):
    before = read_stamp()
    with transaction.atomic():
        Article.objects.update(title="Another")
        assert read_stamp() != before
        transaction.set_rollback(True)
    assert read_stamp() == before


def test_what_a_migration_dropped_is_made_again(content):
    remove(connection)
    before = read_stamp()
    Article.objects.update(title="Unseen")
    assert read_stamp() == before
    install_triggers(using="default")
    Article.objects.update(title="Seen")
    assert read_stamp() != before


def test_old_changes_are_forgotten_and_that_is_a_change(content):
    with connection.cursor() as cursor:
        for _ in range(KEPT + 20):
            cursor.execute("INSERT INTO core_contentchange DEFAULT VALUES")
    before = read_stamp()
    forget_changes(now=timezone.now())
    assert ContentChange.objects.count() == KEPT
    assert read_stamp() != before


@pytest.mark.django_db(transaction=True)
def test_one_that_began_earlier_and_is_committed_later_is_seen(content):
    """Two editors, each in the middle of a change: neither waits for the other, and both are seen."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            SiteText.objects.filter(key="home-hero").update(body="<p>slow</p>")
            begun.set()
            go_on.wait(20)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(20)
    Article.objects.update(title="Quick")
    between = read_stamp()
    go_on.set()
    thread.join()
    assert read_stamp() != between


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_it_is_read_twice_a_second_at_most():
    clock, reads = Clock(), []
    reader = StampReader(read=lambda: reads.append(clock.now) or (len(reads), 0, 0), clock=clock)
    for seconds in (0, 0.25, 0.49, 0.5, 0.7, 1.0, 5.0):
        clock.now = 100 + seconds
        reader()
    assert reads == [100, 100.5, 101, 105]


def test_while_the_database_is_away_the_last_one_stands():
    clock, stamps = Clock(), [(1, 1, 1), OperationalError("away"), (2, 2, 3)]

    def read():
        stamp = stamps.pop(0)
        if isinstance(stamp, Exception):
            raise stamp
        return stamp

    reader = StampReader(read=read, clock=clock)
    seen = []
    for _ in range(3):
        seen.append(reader())
        clock.now += 1
    assert seen == [(1, 1, 1), (1, 1, 1), (2, 2, 3)]


class SlowDatabase:
    """Answers the first question at once and the second once `answer` is set."""

    def __init__(self):
        self.asked, self.answer, self.questions = threading.Event(), threading.Event(), 0

    def __call__(self):
        self.questions += 1
        if self.questions == 2:
            self.asked.set()
            self.answer.wait(20)
        return (self.questions, 0, 0)


def test_nobody_waits_for_a_slow_reading_but_who_began_it_and_not_for_long(monkeypatch):
    monkeypatch.setattr("clinic_site.core.content_stamp.PATIENCE_SECONDS", 0.5)
    clock, read = Clock(), SlowDatabase()
    reader = StampReader(read=read, clock=clock)
    first = reader()
    clock.now += 1
    began_at = time.monotonic()
    assert reader() == first
    assert 0.5 <= time.monotonic() - began_at < 10
    clock.now += 1  # due again, while the question before is still open
    began_at = time.monotonic()
    assert [reader() for _ in range(5)] == [first] * 5
    assert time.monotonic() - began_at < 0.5
    assert read.questions == 2
    read.answer.set()
    wait_until(lambda: reader() > first)


def test_who_asks_while_it_is_read_gets_the_one_before():
    clock, read = Clock(), SlowDatabase()
    reader = StampReader(read=read, clock=clock)
    first = reader()
    clock.now += 1
    with ThreadPoolExecutor() as pool:
        beginner = pool.submit(reader)
        read.asked.wait(20)
        assert reader() == first
        read.answer.set()
        assert beginner.result(20) > first


def test_before_the_first_one_all_wait_for_the_same_reading():
    asked, answer, questions = threading.Event(), threading.Event(), []

    def read():
        questions.append(1)
        asked.set()
        answer.wait(20)
        raise OperationalError("away")

    reader = StampReader(read=read, clock=Clock())
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(reader) for _ in range(4)]
        asked.wait(20)
        assert not any(each.done() for each in waiting)
        answer.set()
        assert [each.result(20) for each in waiting] == [None] * 4
    assert len(questions) == 1


def test_a_fault_of_ours_is_not_taken_for_a_database_that_is_away():
    reader = StampReader(read=lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        reader()


WATCH = """
import django; django.setup()
import sys, time
from clinic_site.core.content_stamp import content_stamp
first = content_stamp(); print("ready", flush=True)
give_up = time.time() + 15
while content_stamp() == first and time.time() < give_up: time.sleep(0.02)
print(time.time(), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_a_change_within_a_second(content):
    environment = worker_environment(smtp_port=25)
    watchers = [
        subprocess.Popen([sys.executable, "-c", WATCH], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        for watcher in watchers:
            assert watcher.stdout.readline() == "ready\n"
        Article.objects.update(title="Changed")
        changed_at = time.time()
        for watcher in watchers:
            assert float(watcher.stdout.readline()) - changed_at < 1.5  # a second, and what a busy machine adds
    finally:
        for watcher in watchers:
            watcher.kill()
            watcher.wait()
            watcher.stdout.close()
