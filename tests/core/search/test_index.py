import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="an index of PostgreSQL's own kind")
def test_postgresql_indexes_at_once():
    """Until a vacuum, every search would read the list of what waits: p95 62 ms among 2,000 articles, not 22."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'core_search_vector'")
        assert cursor.fetchone()[0] == ["fastupdate=off"]
