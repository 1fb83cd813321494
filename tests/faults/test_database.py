"""A database that is locked for a while, or restarted, under people who send forms."""

import time

import pytest

from .databases import in_time

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seconds", [3, 30])
def test_the_database_is_locked(trial, site, seconds):
    with trial.crowd(seconds=seconds + 3):
        time.sleep(1)
        with site.database.locked("consults_consultrequest"):
            time.sleep(seconds)
        free_again = time.monotonic()
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    # 3 s is less than anybody is made to wait for the lock: nobody is to be turned away.
    trial.settle(f"database locked {seconds} s", unavailable_until=free_again if seconds > 20 else 0)


@pytest.mark.on("postgresql")
def test_postgresql_is_restarted(trial, site, rounds):
    with trial.crowd(seconds=rounds(full=30, short=12)) as crowd:
        for mode in ("fast", "immediate", "fast", "immediate"):
            enough = crowd.acknowledged() + trial.count // 12
            assert in_time(lambda enough=enough: goes_on(crowd, enough=enough), seconds=60)
            site.database.cluster.stop(mode=mode)
            time.sleep(0.5)
            site.database.cluster.start()
            is_back = time.monotonic()
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    trial.settle("PostgreSQL restarted 4 times", pages=frozenset({503}), unavailable_until=is_back)


def goes_on(crowd, *, enough: int) -> bool:
    """True once more forms than `enough` were stored, or all that there are: slow machines restart slowly."""
    return crowd.is_over or crowd.acknowledged() > enough
