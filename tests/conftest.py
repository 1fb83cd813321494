"""What every test can count on: collected static files, the site's content, a browser and a server."""

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase

from tests.chromium import QUIET, chromium_path

ROOT = Path(__file__).resolve().parent.parent

# Playwright runs an event loop in the test's thread, which Django would take for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Machines that run tests are busy: how long one example takes says nothing.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

# Folders whose tests make databases beside that of the run.
WITH_DATABASES_OF_THEIR_OWN = {"backups", "deploy", "faults"}


def pytest_configure(config) -> None:
    """Collect the static files under production's own storage: before any worker starts, and only if one changed."""
    if hasattr(config, "workerinput") or static_files_are_collected():
        return
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "clinic_site.settings.test"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def static_files_are_collected() -> bool:
    """True if nothing that `collectstatic` reads is newer than what it left. A folder is newer when a file went."""
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    reads = [ROOT / "requirements-dev.txt", ROOT / "clinic_site/staticfiles_storage.py"]
    reads += [*ROOT.glob("clinic_site/settings/*.py"), ROOT / "static", *ROOT.glob("static/**/*")]
    return manifest.exists() and manifest.stat().st_mtime > max(path.stat().st_mtime for path in reads)


def pytest_xdist_auto_num_workers(config) -> int:
    """One process more than there are processors: now and then a test waits for a lock, a server or a browser."""
    return os.cpu_count() + 1


@pytest.hookimpl(trylast=True)  # after Django's own order
def pytest_collection_modifyitems(config, items: list[pytest.Item]) -> None:
    """Begin with what the suite's database is nothing to: much of it breaks whole sites, and waits while others work.

    On PostgreSQL, leave out what asks no database, and what none changes: the run on SQLite has it.
    """
    items.sort(key=uses_the_database)
    if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
        config.hook.pytest_deselected(items=[item for item in items if not asks_postgresql(item)])
        items[:] = filter(asks_postgresql, items)


def uses_the_database(item: pytest.Item) -> bool:
    return bool(
        {"db", "transactional_db"} & set(item.fixturenames)
        or item.get_closest_marker("django_db")
        or (item.cls and issubclass(item.cls, TransactionTestCase))
    )


def asks_postgresql(item: pytest.Item) -> bool:
    if item.get_closest_marker("faults"):  # they choose their databases themselves
        return True
    asks = uses_the_database(item) or item.path.parent.name in WITH_DATABASES_OF_THEIR_OWN
    return asks and not item.get_closest_marker("either")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A database in which the roles of the staff are set up, as in every one that the site runs on.

    In the end, end what is left of other sessions before PostgreSQL is asked to drop it: a browser that left in the
    middle of an answer leaves the connection of its server thread.
    """
    from django.db import connection

    from clinic_site.roles import set_up_roles

    with django_db_blocker.unblock():
        set_up_roles()
    yield

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"  # autovacuum may be at work here too
            )


@pytest.fixture(scope="session", autouse=True)
def everything_can_be_flushed() -> Iterator[None]:
    """Between tests that commit, SQLite empties tables row by row, which the audit trail's triggers refuse.

    Nobody tells it of the search index, which is no table of Django's, and whose ranks depend on all that is in it.
    """
    # From base: on PostgreSQL nobody has imported it yet, and operations alone would import itself.
    from django.db.backends.sqlite3.base import DatabaseOperations

    from clinic_site.core import append_only

    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(operations, sql_list) -> None:
        append_only.remove(operations.connection)
        flush(operations, [*sql_list, "DELETE FROM core_search_index;"])
        append_only.install(operations.connection)

    # On the class: beside Playwright's event loop a test has another connection object than this fixture.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", without_triggers)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_are_read_once() -> Iterator[None]:
    """Each test client starts the site anew, for which WhiteNoise looks at every static file: a tenth of a second."""
    from whitenoise.base import WhiteNoise

    read = WhiteNoise.update_files_dictionary
    known: dict[tuple, dict] = {}

    def read_once(site: WhiteNoise, root: str, prefix: str) -> None:
        asked = (root, prefix, site.max_age, site.charset, site.allow_all_origins)
        if asked not in known:
            reader = copy.copy(site)
            reader.files = {}
            read(reader, root, prefix)
            known[asked] = reader.files
        site.files.update(known[asked])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", read_once)
        yield


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    """A folder of its own for the pictures of each test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(scope="session")
def copy_of_content(django_db_setup, django_db_blocker):
    from tests.content import copy_of_content

    with django_db_blocker.unblock():
        return copy_of_content()


@pytest.fixture
def content(db, copy_of_content) -> None:
    """The initial content, as `make run` loads it."""
    from tests.content import put_content

    put_content(copy_of_content)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    path = chromium_path()
    return {"args": QUIET, **({"executable_path": path} if path else {})}


@pytest.fixture(scope="session")
def browser_context_args() -> dict:
    return {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def server_thread(django_db_setup) -> Iterator[str]:
    """The site on a free port of this machine, with whitenoise serving the static files."""
    from django.test.testcases import LiveServerThread

    thread = LiveServerThread("127.0.0.1", static_handler=lambda application: application)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def live_site(settings, transactional_db, content, server_thread) -> str:
    """The address of the running site, with the initial content and pages for each error."""
    settings.ROOT_URLCONF = "tests.urls"
    return server_thread
