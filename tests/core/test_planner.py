"""SQLite is told each day, and after each migration, how its tables have grown."""

import pytest
from django.core.management import call_command
from django.db import connection

from clinic_site.core.planner import count_rows
from clinic_site.worker_jobs import PERIODIC_JOBS
from tests.factories.consults import make_request

pytestmark = pytest.mark.django_db
KNOWN = "SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'consults_consultrequest'"


def known() -> int:
    with connection.cursor() as cursor:
        return cursor.execute(KNOWN).fetchone()[0]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does it by itself")
def test_sqlite_learns_what_its_indexes_hold():
    make_request()
    count_rows()
    assert known() > 10


def test_the_worker_and_every_start_tell_it(monkeypatch):
    assert [job.run for job in PERIODIC_JOBS].count(count_rows) == 1
    told = []
    monkeypatch.setattr("clinic_site.management.commands.prepare.count_rows", lambda: told.append(1))
    call_command("prepare", verbosity=0)
    assert told
