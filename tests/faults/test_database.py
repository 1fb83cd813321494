"""A database that is locked for a while, or restarted, under people who send forms."""

import time

import pytest

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seconds", [3, 30])
def test_the_database_is_locked(trial, site, seconds):
    with trial.crowd(seconds=seconds + 3):
        time.sleep(1)
        with site.database.locked("consults_consultrequest"):
            time.sleep(seconds)
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    trial.settle(f"database locked {seconds} s")


@pytest.mark.on("postgresql")
def test_postgresql_is_restarted(trial, site):
    with trial.crowd(seconds=8):
        for mode in ("fast", "immediate", "fast", "immediate"):
            time.sleep(1)
            site.database.cluster.stop(mode=mode)
            time.sleep(0.5)
            site.database.cluster.start()
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    trial.settle("PostgreSQL restarted 4 times", pages=frozenset({503}))
