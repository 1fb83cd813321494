"""Every list and every look-up goes through an index, on the database that the suite runs on.

The statements are those that the pages and the worker's jobs send; the planner chooses among enough rows
to know better than to read a whole table.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from articles.models import Article, ProseBlock, Review, Topic
from clinic_site.core import content_stamp, delivery
from clinic_site.core.models import SearchDocument, SearchWord
from clinic_site.core.search import ALWAYS
from clinic_site.core.search.sources import _store
from consults import digest, failures, reminders, retention
from consults.models import ConsultRequest
from consults.report_weeks import keep_weeks
from locations.models import Clinician
from tests.bench.articles import word
from tests.bench.bulk import store
from tests.bench.requests import People, days_of, make_day, phone, store_day
from tests.factories.articles import make_topic
from tests.factories.consults import make_consent_text, make_front_desk, make_recipient, make_role
from tests.factories.locations import make_location

ARTICLES, REQUESTS = 3_000, 12_000
LIST = "/admin/consults/consultrequest/"
# Tables that grow with the years; the others hold as many rows as the clinic has rooms.
BIG = {
    "articles_article", "articles_proseblock", "articles_review", "core_searchdocument", "core_searchword",
    "consults_consultrequest", "consults_activity", "consults_consent", "core_outboxmessage", "core_auditentry",
}  # fmt: skip


@pytest.fixture(scope="module")
def much(django_db_setup, django_db_blocker):
    """Thousands of articles and requests, for the tests of this file alone."""
    from django.test import TestCase

    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()
        _fill()
        connection.check_constraints()  # now: until then each test checks the keys of all rows anew
        yield
        TestCase._rollback_atomics(atomics)


def _fill() -> None:
    now = timezone.now()
    clinics = [make_location(name=name) for name in ("Birmingham", "Auburn", "Mobile")]
    for purpose in ("contact", "voicemail", "text"):
        make_consent_text(purpose)
    make_recipient()
    people = People.there_are([make_front_desk(*clinics[:2], username="desk"), _manager()])
    for day in days_of(REQUESTS):
        store_day(make_day(day, seed=1, people=people, now=now))
    _fill_articles(now)
    SearchWord.objects.bulk_create(SearchWord(word(number)) for number in range(20_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _manager():
    from clinic_site.roles import MANAGER

    return make_role(MANAGER, username="manager")


def _fill_articles(now) -> None:
    topics = [make_topic(slug=f"topic-{number}") for number in range(8)]
    clinician = Clinician.objects.create(name="Robin Example", credential="MD")
    Article.objects.bulk_create(
        Article(
            title=f"Article {number}", slug=f"article-{number}", topic=topics[number % 8], summary="A summary. " * 10,
            standfirst="An answer. " * 30, published_at=now - timedelta(hours=number),
        )
        for number in range(ARTICLES)
    )  # fmt: skip
    pks = list(Article.objects.order_by("pk").values_list("pk", flat=True))
    blocks = [(pk, "main", 10, "<p>x</p>") for pk in pks for _ in range(3)]
    store(ProseBlock, ("parent_id", "region", "ordering", "html"), blocks)
    today = now.date().isoformat()
    later = (now + timedelta(days=300)).date().isoformat()
    store(
        Review,
        ("article_id", "clinician_id", "credential", "scope", "reviewed_on", "next_due_on"),
        [(pk, clinician.pk, "MD", "Accuracy", today, later) for pk in pks],
    )
    words = [a + b + c + d for a in "bdfgk" for b in ("ana", "eri") for c in "lmnpr" for d in ("ota", "ine", "usk")]
    _store([
        SearchDocument(
            kind="article", key=str(pk), label="Article", path=f"/articles/article-{number}/", visible_from=ALWAYS,
            title=f"Article {number}", summary="A summary.",
            body=f"ketamine {words[number % 150]} {words[number * 7 % 150]}",
        )
        for number, pk in enumerate(pks[:1500])
    ])  # fmt: skip


@contextmanager
def statements():
    """Collect what is asked of the database within, with its parameters."""
    found = []

    def keep(execute, sql, params, many, context):
        if not many and re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)", sql):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield found


def scans(sql: str, params) -> list[str]:
    """Return the big tables of which the planner would read every row."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%% WHERE %%'")
            partial = {name for (name,) in cursor.fetchall()}
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            plan = [
                re.match(r"SCAN (\w+)(?: USING (?:(COVERING) )?INDEX (\w+))?$", row[3]) for row in cursor.fetchall()
            ]
            # In the order of an index up to a limit, in an index alone, or in one that holds a few: all may be read.
            found = [
                match[1]
                for match in plan
                if match and not (match[3] and (match[2] or match[3] in partial or "LIMIT" in sql))
            ]
        else:
            # Rows that no vacuum has seen make its choice among good plans a matter of luck: a plan that reads the
            # whole table is what remains when there is no other.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
            cursor.execute("SET LOCAL enable_seqscan = on")
            cursor.execute("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%% WHERE %%'")
            partial = {name for (name,) in cursor.fetchall()}
            (top,) = json.loads(plan) if isinstance(plan, str) else plan
            found = [
                node["Relation Name"]
                for node in _nodes(top["Plan"])
                if node["Node Type"] == "Seq Scan" or (_reads_all(node, partial) and "LIMIT" not in sql)
            ]
    return [name for name in found if _table(name, sql) in BIG]


def _nodes(node: dict) -> Iterator[dict]:
    yield node
    for part in node.get("Plans", []):
        yield from _nodes(part)


def _reads_all(node: dict, partial: set[str]) -> bool:
    """Whether a node of PostgreSQL's plan fetches every row in the order of an index."""
    return node["Node Type"] == "Index Scan" and "Index Cond" not in node and node["Index Name"] not in partial


def _table(name: str, sql: str) -> str:
    """The table that an alias stands for."""
    match = re.search(rf'"?(\w+)"?\s+(?:AS\s+)?"?{name}"?\b', sql)
    return match[1] if match and match[1] in BIG else name


def is_bounded(sql: str) -> bool:
    """True for what reads a table whatever is in it, and may.

    Paginators of staff count two or ten thousand rows at most; that of readers counts the published articles, in the
    index once the table has been vacuumed, which no test that rolls back can wait for.
    """
    is_count = sql.startswith("SELECT COUNT(*)")
    return is_count and (
        re.search(r"LIMIT (2|10)000\b", sql) or (connection.vendor != "sqlite" and 'FROM "articles_article"' in sql)
    )


def reader(path: str, **query: str) -> Callable[[], object]:
    return lambda: Client().get(path, query)


def staff(name: str, path: str, **query: str) -> Callable[[], object]:
    return lambda: _signed_in(name).get(path, query)


def _signed_in(name: str) -> Client:
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


NAMED = {
    "home": reader("/"),
    "article": reader("/articles/article-1500/"),
    "articles, page 1": reader("/articles/"),
    "articles, page 200": reader("/articles/", page="200"),
    "topic": reader("/articles/topics/topic-3/"),
    "topic, page 20": reader("/articles/topics/topic-3/", page="20"),
    "feed": reader("/feed/"),
    "search: found": reader("/search/", q="banalota"),
    "search: start of a word": reader("/search/", q="banalo"),
    "search: misspelled": reader("/search/", q="banalotta"),
    "stamp": content_stamp.read_stamp,
    "day screen": staff("desk", "/admin/"),
    "day screen of a manager": staff("manager", "/admin/"),
    "desk list": staff("desk", LIST),
    "desk list, page 20": staff("desk", LIST, p="20"),
    "desk list: waiting": staff("desk", LIST, stage__exact="waiting"),
    "desk list: due": staff("desk", LIST, due="today"),
    "desk list: answered": staff("desk", LIST, answered="today"),
    "desk list: set aside": staff("desk", LIST, spam_state__exact="quarantined"),
    "list of a manager": staff("manager", LIST),
    "find by phone": lambda: _signed_in("desk").post(f"{LIST}find/", {"term": phone(77)}, follow=True),
    "find by reference": staff("desk", LIST, q="7K3M"),
    "page of a request": staff("manager", f"{LIST}5000/change/"),
    "report": staff("manager", f"{LIST}reports/"),
    "kept weeks": lambda: keep_weeks(now=timezone.now()),
    "desk list: mine": staff("desk", LIST, owner="me"),
    "audit trail": staff("manager", "/admin/core/auditentry/"),
    "next mail": lambda: delivery.claim_next(now=timezone.now()),
    "reminders": lambda: reminders.watch_promises(now=timezone.now()),
    "failed mails": lambda: failures.tell_of_failed_mails(now=timezone.now()),
    "digest": lambda: digest.queue_digest(now=timezone.now()),
    # Few are due, as on any day.
    "retention": lambda: retention.expire(now=timezone.now() - timedelta(days=725)),
}


def test_no_list_and_no_look_up_reads_a_whole_table(much, db, subtests):
    """One test, since each process that runs a part of it would fill the tables anew."""
    for name, ask in NAMED.items():
        with subtests.test(name), transaction.atomic():
            with statements() as asked:
                answer = ask()
            assert getattr(answer, "status_code", 200) == 200
            assert asked
            assert not {sql: found for sql, params in asked if not is_bounded(sql) and (found := scans(sql, params))}
            transaction.set_rollback(True)


def test_a_whole_table_would_be_noticed(db):
    with statements() as asked:
        list(ConsultRequest.objects.filter(best_time="never"))
        list(Topic.objects.all())
        # In the order of an index, and every row of it.
        list(ConsultRequest.objects.filter(best_time="never").order_by("asked_at"))
    requests = ["consults_consultrequest"]
    assert [scans(*statement) for statement in asked] == [requests, [], requests]
