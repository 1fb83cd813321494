"""Counts to which many add at the same time."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from clinic_site.core.counting import count_one_more
from consults.models import ClientCount, SourceCount

DAY = date(2026, 11, 26)


@pytest.mark.django_db
def test_the_row_is_made_and_then_counted_on():
    sums = [count_one_more(SourceCount, count="requests", day=DAY, path="/consult/") for _ in range(3)]
    assert sums == [1, 2, 3]
    assert count_one_more(SourceCount, count="requests", day=DAY, path='/"; --') == 1
    assert set(SourceCount.objects.values_list("day", "path", "requests")) == {
        (DAY, "/consult/", 3),
        (DAY, '/"; --', 1),
    }


@pytest.mark.django_db(transaction=True)
def test_no_count_is_lost_among_many():
    hour = datetime(2026, 11, 26, 10, tzinfo=UTC)
    sums = []

    def count() -> None:
        for _ in range(10):
            with transaction.atomic():
                sums.append(count_one_more(ClientCount, count="forms", client_hash="one place", hour=hour))
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == list(range(1, 41))
    assert ClientCount.objects.get().forms == 40
