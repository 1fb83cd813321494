"""Which links lead to other sites, and what becomes of them when visits fail."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections

from articles import links
from articles.links import check_links, collect_links, links_in, outer_address, places_by_link
from articles.models import CheckedLink
from articles.visiting import Outcome, Visit
from clinic_site.core.models import Page
from tests.factories.articles import (
    NOW,
    add_callout,
    add_prose,
    make_article,
    make_question,
    make_reference,
    make_text,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
GOOD = Visit(outcome=Outcome.ANSWERED, status=200)
GONE = Visit(outcome=Outcome.FAILED, status=404, problem="There is no such page any more.")
WALL = Visit(outcome=Outcome.UNCLEAR, status=403, problem="It lets no program in.")


@pytest.fixture(autouse=True)
def _checking(settings):
    settings.CHECK_LINKS = True


def make_link(url: str = "https://a.example/", **fields) -> CheckedLink:
    return CheckedLink.objects.create(url=url, **{"due_at": NOW, **fields})


def check(visit: Visit = GOOD, *, now: datetime = NOW, **options) -> list[str]:
    """Check one turn's worth of links; return what was visited."""
    visited = []

    def fetch(url: str) -> Visit:
        visited.append(url)
        return visit

    assert check_links(now=now, fetch=fetch, clock=lambda: now, **options) == len(visited)
    return visited


def test_links_are_read_as_editors_wrote_them():
    html = '<p><a href="https://a.example/?a=1&amp;b=2">A</a> <a title="x" href="/b/">B</a></p>'
    assert links_in(html) == ["https://a.example/?a=1&b=2", "/b/"]


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://a.example/x?y=1#part", "https://a.example/x?y=1"),
        ("http://a.example", "http://a.example"),
        ("/articles/", ""),
        ("#part", ""),
        ("http://clinic.example/articles/", ""),
        ("mailto:desk@clinic.example", ""),
        ("tel:988", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_only_links_to_other_sites_are_visited(href, address):
    assert outer_address(href) == address


def test_links_are_collected_from_everything_that_is_written():
    article = make_article(published_at=None)
    add_prose(article, '<p><a href="https://prose.example/#a">a</a> <a href="/articles/">b</a></p>')
    add_callout(article, html='<p><a href="https://callout.example/">a</a></p>')
    make_question(answer='<p><a href="https://question.example/">a</a></p>')
    make_text("risks", '<p><a href="https://text.example/">a</a> <a href="https://prose.example/#b">b</a></p>')
    Page.objects.create(title="P", slug="p", summary="P.", body='<p><a href="https://page.example/">a</a></p>')
    make_reference("a", doi="10.1000/x")
    make_reference("b", link="https://source.example/")
    make_reference("c")
    make_link("https://forgotten.example/")
    kept = make_link("https://page.example/", due_at=NOW + DAY)

    for _ in range(2):
        collect_links(now=NOW)

    assert set(CheckedLink.objects.values_list("url", flat=True)) == {
        "https://prose.example/", "https://callout.example/", "https://question.example/", "https://text.example/",
        "https://page.example/", "https://source.example/", "https://doi.org/10.1000/x",
    }  # fmt: skip
    kept.refresh_from_db()
    assert kept.due_at == NOW + DAY
    places = places_by_link()["https://prose.example/"]
    assert [place.name for place in places] == [f"Article: {article}", "Site text: risks"]


def test_an_address_longer_than_we_can_keep_is_left_alone():
    make_question(answer=f'<p><a href="https://a.example/{"x" * 1000}">a</a></p>')
    collect_links(now=NOW)
    assert not CheckedLink.objects.exists()


def test_a_link_that_answers_is_visited_once_a_week():
    link = make_link()
    visited = {hours: check(now=NOW + timedelta(hours=hours)) for hours in (0, 1, 24, 7 * 24 - 1, 7 * 24)}
    assert {hours for hours, urls in visited.items() if urls} == {0, 7 * 24}
    link.refresh_from_db()
    assert (link.status, link.problem, link.is_broken) == (200, "", False)


def test_a_link_is_broken_after_two_failures_a_day_apart():
    link = make_link()
    states = []
    for hours in (0, 1, 23, 24, 25, 24 + 7 * 24):
        visited = check(GONE, now=NOW + timedelta(hours=hours))
        link.refresh_from_db()
        states.append((hours, bool(visited), link.is_broken, CheckedLink.objects.broken().exists()))
    assert states == [
        (0, True, False, False),
        (1, False, False, False),
        (23, False, False, False),
        (24, True, True, True),
        (25, False, True, True),
        (24 + 7 * 24, True, True, True),
    ]
    assert link.first_failed_at == NOW
    assert link.problem == "There is no such page any more."


@pytest.mark.parametrize("visit", [GOOD, WALL])
def test_a_failure_is_forgotten_when_the_link_answers_or_cannot_be_checked(visit):
    link = make_link()
    check(GONE)
    check(visit, now=NOW + DAY)
    check(GONE, now=NOW + 8 * DAY)
    link.refresh_from_db()
    assert not link.is_broken
    assert link.first_failed_at == NOW + 8 * DAY


def test_a_wall_against_programs_is_no_broken_link():
    link = make_link()
    for days in range(0, 30, 7):
        check(WALL, now=NOW + days * DAY)
    link.refresh_from_db()
    assert (link.is_broken, link.problem, link.status) == (False, "It lets no program in.", 403)
    assert not CheckedLink.objects.broken().exists()


def test_a_turn_is_one_link_and_the_next_waits_a_second():
    for name in "abc":
        make_link(f"https://{name}.example/")
    assert check() == ["https://a.example/"]
    assert check(now=NOW + timedelta(milliseconds=900)) == []
    assert check(now=NOW + timedelta(seconds=1)) == ["https://b.example/"]


def test_many_in_one_call_rest_between_visits(monkeypatch):
    rests = []
    monkeypatch.setattr(links.time, "sleep", rests.append)
    for name in "abc":
        make_link(f"https://{name}.example/")
    moments = (NOW + timedelta(seconds=10 * step) for step in range(20))
    assert check_links(now=next(moments), fetch=lambda url: GOOD, clock=lambda: next(moments), limit=5) == 3
    assert rests == [1.0, 1.0, 1.0]


def test_while_one_worker_visits_no_other_does():
    for name in "ab":
        make_link(f"https://{name}.example/")
    inner = []

    def fetch(url: str) -> Visit:
        inner.append(check_links(now=NOW + timedelta(seconds=50), fetch=fetch))
        return GOOD

    assert check_links(now=NOW, fetch=fetch, clock=lambda: NOW) == 1
    assert inner == [0]


def test_a_link_whose_worker_died_is_visited_by_another():
    make_link()

    def die(url: str) -> Visit:
        raise SystemExit

    with pytest.raises(SystemExit):
        check_links(now=NOW, fetch=die)
    assert check(now=NOW + timedelta(seconds=50)) == []
    assert check(now=NOW + timedelta(seconds=90)) == ["https://a.example/"]


def test_a_worker_whose_claim_has_passed_on_marks_nothing():
    link = make_link()

    def slow(url: str) -> Visit:
        assert check(now=NOW + timedelta(minutes=5)) == [url]
        return GONE

    check_links(now=NOW, fetch=slow, clock=lambda: NOW + timedelta(minutes=6))
    link.refresh_from_db()
    assert (link.status, link.first_failed_at) == (200, None)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_visits_at_a_time():
    for number in range(6):
        make_link(f"https://{number}.example/")
    start, visited, faults = threading.Barrier(6), [], []

    def work():
        try:
            start.wait()
            check_links(now=NOW, fetch=lambda url: visited.append(url) or GOOD, clock=lambda: NOW)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert len(visited) == 1


def test_nothing_is_visited_where_it_is_switched_off(settings):
    make_link()
    settings.CHECK_LINKS = False
    assert check(limit=5) == []


def test_development_and_production_differ():
    from clinic_site.settings import development, production

    assert (development.CHECK_LINKS, production.CHECK_LINKS) == (False, True)


def test_the_worker_has_both_parts_of_the_work(settings):
    from clinic_site.worker_jobs import IDLE_WORK, PERIODIC_JOBS

    assert collect_links in [job.run for job in PERIODIC_JOBS]
    assert check_links in IDLE_WORK
