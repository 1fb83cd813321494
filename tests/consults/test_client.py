"""Who sent a form, without naming anybody: counts by place, right across processes."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import RequestFactory

from consults.client import client_of, count_form, forget_counts
from consults.intake import receive_consult
from consults.models import ClientCount, ConsultRequest
from consults.spam import Client
from tests.factories.posts import NOW, make_answers

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def receive(number: int, *, now=NOW, client_hash="one place", note="", **client) -> ConsultRequest:
    """Receive the request of another person each time."""
    answers = make_answers(name=f"Person {number}", phone=f"tel:+1-205-555-01{number:02}", note=note)
    client = Client(client_hash=client_hash, **client)
    return receive_consult(answers=answers, source="consult", client=client, now=now).request


def test_ten_real_requests_in_ten_minutes_from_one_address_pass():
    for number in range(10):
        request = receive(number, now=NOW + timedelta(minutes=number), took_ms=40_000)
        assert (request.spam_state, request.spam_reasons) == ("clean", [])


def test_the_sixteenth_within_an_hour_is_set_aside_and_the_next_hour_is_new():
    states = [receive(number).spam_state for number in range(17)]
    assert states == ["clean"] * 15 + ["quarantined"] * 2
    assert receive(20, client_hash="another place").spam_state == "clean"
    assert receive(21, now=NOW + HOUR).spam_state == "clean"


def test_a_second_click_is_not_counted():
    for _ in range(3):
        receive(1)
    assert ClientCount.objects.get().forms == 1


def test_a_place_that_is_not_known_is_not_counted():
    assert count_form(client_hash="", now=NOW) == 0
    assert not ClientCount.objects.exists()


def test_counts_are_forgotten_after_two_days():
    for days in (0, 1, 3):
        count_form(client_hash="one place", now=NOW - timedelta(days=days))
    assert forget_counts(now=NOW) == 1
    assert ClientCount.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_are_counted_one_by_one():
    """Eight processes' worth of threads, five requests each: every number from 1 to 40 comes back once."""
    start, counts, faults = threading.Barrier(8), [], []

    def work():
        try:
            start.wait()
            for _ in range(5):
                counts.append(count_form(client_hash="one place", now=NOW))
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert ClientCount.objects.get().forms == 40
    assert max(counts) == 40


@pytest.mark.django_db(transaction=True)
def test_one_place_s_requests_at_the_same_moment_are_judged_by_their_own_number():
    start, faults = threading.Barrier(5), []

    def work(letter):
        try:
            start.wait()
            for number in range(4):
                receive(number + 4 * letter)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[letter]) for letter in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert ConsultRequest.objects.filter(spam_state="clean").count() == 15
    assert ConsultRequest.objects.filter(spam_reasons=["many"]).count() == 5


# The same note -------------------------------------------------------------------------------------

NOTE = "We rank your website first on every search engine"


def test_the_same_note_from_one_place_after_another_is_set_aside():
    notes = [NOTE, NOTE.upper(), f"  {NOTE}\n", NOTE.replace(" ", " \u200b ")]
    requests = [receive(number, client_hash=f"place {number}", note=note) for number, note in enumerate(notes)]
    assert [request.spam_reasons for request in requests] == [[], [], [], ["repeated_note"]]
    assert receive(9, client_hash="place 9", note=f"{NOTE}!").spam_state == "clean"
    assert receive(8, client_hash="place 8", note=NOTE, now=NOW + timedelta(days=2)).spam_state == "clean"


def test_a_family_at_one_address_may_say_the_same():
    assert {receive(number, note=NOTE).spam_state for number in range(5)} == {"clean"}


def test_short_notes_are_everybody_s_words():
    assert {receive(n, client_hash=f"place {n}", note="Please call me").spam_state for n in range(5)} == {"clean"}
    assert set(ConsultRequest.objects.values_list("note_hash", flat=True)) == {""}


def test_a_note_s_hash_tells_nobody_the_note():
    request = receive(1, note=NOTE)
    assert len(request.note_hash) == 64
    assert "rank" not in request.note_hash


# What a browser sends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "took"),
    [("2999", 2999), ("0", 0), ("", None), ("-5", None), ("1.5", None), ("٣", None), ("9" * 5000, None), ("\0", None)],
)
def test_the_time_on_the_page_is_read_or_left_alone(typed, took):
    assert client_of(RequestFactory().post("/consult/", {"took": typed})).took_ms == took


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "nonsense", "https://evil.example", "\xe9"])
def test_any_origin_that_is_not_ours_is_foreign_and_none_is_a_fault(origin):
    client = client_of(RequestFactory().post("/consult/", headers={"Origin": origin}))
    assert client.has_foreign_origin
