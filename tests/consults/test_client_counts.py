"""One place is counted right, however many processes count it at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from consults.client_counts import count_form, forget_counts
from consults.models import ClientCount, ConsultRequest
from consults.spam import Client
from tests.factories.consults import make_request
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db


def test_it_counts_those_before_within_the_hour():
    assert [count_form(client_hash="a", now=NOW) for _ in range(3)] == [0, 1, 2]
    assert count_form(client_hash="b", now=NOW) == 0
    assert count_form(client_hash="a", now=NOW + timedelta(hours=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_no_form_is_missed_when_many_processes_count():
    found, faults = [], []

    def count():
        try:
            found.extend(count_form(client_hash="a", now=NOW) for _ in range(5))
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=count) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    assert ClientCount.objects.get().forms == 30
    assert max(found) == 29


def test_past_days_are_forgotten():
    for hours in (49, 47):
        count_form(client_hash="a", now=NOW - timedelta(hours=hours))
    forget_counts(now=NOW)
    assert ClientCount.objects.count() == 1


def test_ten_real_requests_in_ten_minutes_pass_and_the_sixteenth_of_an_hour_is_set_aside():
    for number in range(16):
        make_request(name=f"Person {number}", client=Client(client_hash="wifi"), now=NOW + timedelta(minutes=number))
    states = list(ConsultRequest.objects.order_by("pk").values_list("spam_state", flat=True))
    assert states == ["clean"] * 15 + ["quarantined"]


def test_the_same_note_from_three_other_places_sets_the_fourth_aside():
    for number in range(4):
        make_request(
            name=f"Person {number}",
            note=f"Cheap loans  for\neveryone {'!' * 3}",
            client=Client(client_hash=f"{number}"),
        )
    states = list(ConsultRequest.objects.order_by("pk").values_list("spam_state", flat=True))
    assert states == ["clean"] * 3 + ["quarantined"]
