"""A database that is locked for a while, or restarted, under people who send forms."""

import time

import psycopg
import pytest

from clinic_site.backups.postgres import drop_database

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


# As little at a time as there is, so that whoever looks finds autovacuum at work.
VACUUMED_AT_LENGTH = """
CREATE TABLE numbers WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_cost_limit = 1,
  autovacuum_vacuum_cost_delay = 100) AS SELECT generate_series(1, 100000);
DELETE FROM numbers;
"""
AT_WORK = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'scratch'"


@pytest.mark.on("postgresql")
def test_a_scratch_database_is_dropped_while_it_is_in_use_and_vacuumed(kind, cluster):
    def connect(user: str, database: str):
        return psycopg.connect(f"postgres://{user}@127.0.0.1:{cluster.port}/{database}", autocommit=True)

    with connect("clinic", "postgres") as superuser:
        superuser.execute("CREATE ROLE maker LOGIN CREATEDB")
        superuser.execute("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        superuser.execute("SELECT pg_reload_conf()")
        with connect("maker", "postgres") as maker:
            maker.execute("CREATE DATABASE scratch TEMPLATE template0")
            left_open = connect("maker", "scratch")
            left_open.execute(VACUUMED_AT_LENGTH)
            assert in_time(lambda: superuser.execute(AT_WORK).fetchone(), seconds=60)
            drop_database(maker, "scratch")
            assert not maker.execute("SELECT 1 FROM pg_database WHERE datname = 'scratch'").fetchone()
        left_open.close()
        superuser.execute("ALTER SYSTEM RESET autovacuum_naptime")
        superuser.execute("SELECT pg_reload_conf()")
