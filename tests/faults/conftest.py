"""Sites to break, on each database that FAULT_DATABASES names, and the table that a run ends with.

FAULT_REQUESTS is how many forms each fault meets (200); FAULT_FULL=1 repeats what is repeated as often as
`make faults` does, and not as often as a run of the whole suite can afford.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from .databases import Cluster, PostgresDatabase, SqliteDatabase, name_recipient, programs
from .invariants import Row
from .mail_servers import MailServer
from .site import Site, copy_static_files, environment, manage
from .trial import DESK, Trial

REQUESTS = int(os.environ.get("FAULT_REQUESTS") or 200)
IS_FULL = bool(os.environ.get("FAULT_FULL"))


def databases() -> list[str]:
    """The kinds of database to try: those named, else the one that the suite runs on."""
    named = os.environ.get("FAULT_DATABASES")
    return named.split() if named else ["postgresql" if os.environ.get("DATABASE_URL") else "sqlite"]


def pytest_generate_tests(metafunc) -> None:
    if "kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker("faults"):
        only = metafunc.definition.get_closest_marker("on")
        metafunc.parametrize("kind", only.args if only else ["sqlite", "postgresql"])


def pytest_collection_modifyitems(config, items) -> None:
    """Leave out the databases that are not to be tried; in a short run, SQLite alone where either would do."""

    def is_wanted(item) -> bool:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("kind")
        wanted = ["sqlite"] if item.get_closest_marker("either") and not IS_FULL else ["sqlite", "postgresql"]
        return kind is None or (kind in databases() and kind in wanted)

    if unwanted := [item for item in items if not is_wanted(item)]:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if is_wanted(item)]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this process's own, so that it can be restarted under nobody else's feet."""
    try:
        programs()
    except LookupError as error:
        pytest.skip(str(error))
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def make_database(request, tmp_path_factory):
    """A function that returns a fresh database with the first content and one recipient, in a folder."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def sqlite(folder: Path) -> SqliteDatabase:
        with locked(shared / "faults.lock"):
            prepared = shared / "faults-prepared" / "clinic.sqlite3"
            if not prepared.exists():
                prepared.parent.mkdir()
                fill(SqliteDatabase(prepared.with_suffix(".new")), prepared.parent)
                prepared.with_suffix(".new").rename(prepared)
        (folder / "db").mkdir(parents=True, exist_ok=True)
        return SqliteDatabase(Path(shutil.copy(prepared, folder / "db" / "clinic.sqlite3")))

    ready: dict[Cluster, int] = {}

    def postgresql(folder: Path, cluster: Cluster | None = None) -> PostgresDatabase:
        cluster = cluster or request.getfixturevalue("cluster")
        if cluster not in ready:
            ready[cluster] = 0
            fill(cluster.create("prepared"), folder)
        ready[cluster] += 1
        return cluster.create(f"trial{ready[cluster]}", like="prepared")

    return {"sqlite": sqlite, "postgresql": postgresql}


def fill(database, folder: Path) -> None:
    """Migrate, load the first content, and name one recipient."""
    manage("prepare", env=environment(folder=folder, database_url=database.url))
    name_recipient(database, DESK)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def site(kind, make_database, mail_server, tmp_path) -> Iterator[Site]:
    """A site of which nothing runs yet."""
    folder = tmp_path / "var"
    copy_static_files(folder / "static")
    site = Site(folder=folder, database=make_database[kind](folder), mail_url=f"smtp://127.0.0.1:{mail_server.port}")
    yield site
    site.close()


@pytest.fixture
def stopped_trial(site, mail_server, record_property) -> Trial:
    """A trial of which nothing runs yet."""
    return Trial(
        site=site,
        mail=mail_server,
        count=REQUESTS,
        record=lambda row: record_property("fault", row.as_dict()),
    )


@pytest.fixture
def trial(stopped_trial) -> Trial:
    """A trial whose web and worker run."""
    stopped_trial.site.start_worker()
    stopped_trial.site.start_web()
    return stopped_trial


@pytest.fixture
def rounds():
    """How often to repeat something: `full` times under `make faults`, else `short` times."""
    return lambda *, full, short: full if IS_FULL else short


def pytest_terminal_summary(terminalreporter) -> None:
    """Print what each fault came to."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    rows = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "fault"]
    if not rows:
        return
    names = [field.name for field in fields(Row)]
    table = [[name.replace("_", " ") for name in names], *([str(row[name]) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    terminalreporter.section("faults")
    for line in table:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
