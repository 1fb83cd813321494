"""The databases of the benchmark: a small and a large one, on SQLite and on PostgreSQL, and how a process gets one."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / os.environ.get("VAR_DIR", "var") / "bench"
PRODUCTION = "clinic_site.settings.production"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is in a database. `words` are different words of the search index."""

    articles: int
    locations: int
    words: int
    requests: int

    def times(self, scale: float) -> "Sizes":
        """As much as `scale` of everything, but never less than the small database holds."""
        return Sizes(**{name: max(getattr(SMALL, name), round(scale * count)) for name, count in asdict(self).items()})


# The clinics are as many in both: the bar compares articles and requests, and each clinic is a line in footer and form.
SMALL = Sizes(articles=10, locations=200, words=0, requests=1_000)
LARGE = Sizes(articles=10_000, locations=200, words=1_000_000, requests=1_000_000)


def postgres_url() -> str:
    """The PostgreSQL of DATABASE_URL, whatever database it names; '' without one."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


def vendor() -> str:
    return "postgresql" if postgres_url() else "sqlite"


def database_url(name: str) -> str:
    """The address of the database `name`: a file of its own, or a database beside the one of DATABASE_URL."""
    if url := postgres_url():
        server, _, database = url.partition("?")[0].rpartition("/")
        return f"{server}/{database}_{name}"
    return f"sqlite:///{FOLDER / 'db' / f'{name}.sqlite3'}"


def environment(database: str, *, port: int = 8000, **more: str) -> dict[str, str]:
    """The environment in which a process runs the site, as in production, on the database `database`."""
    return {
        **os.environ,
        "VAR_DIR": str(FOLDER),
        "DATABASE_URL": database_url(database),
        "DJANGO_SETTINGS_MODULE": PRODUCTION,
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=",
        "LOOKUP_KEY": "only-for-benchmarks",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_URL": "",
        "MEDIA_STORAGE": "",
        "LOG_LEVEL": "WARNING",
        **more,
    }


def python(*words: str, database: str, **more: str) -> None:
    """Run Python on a database, with what it prints on the screen."""
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment(database, **more), check=True)


def make_empty(name: str, *, migrate: bool = True) -> None:
    """Make a database without rows, in place of the one that was there; without tables unless `migrate`."""
    (FOLDER / "db").mkdir(parents=True, exist_ok=True)
    _record(name).unlink(missing_ok=True)
    if url := postgres_url():
        import psycopg

        database = database_url(name).rpartition("/")[2]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}"')
            connection.execute(f'CREATE DATABASE "{database}"')
    else:
        for path in (FOLDER / "db").glob(f"{name}.sqlite3*"):
            path.unlink()
    if migrate:
        python("manage.py", "migrate", "--verbosity", "0", database=name)


def collect_static() -> None:
    """Collect the static files, unless that was done since they last changed."""
    manifest = FOLDER / "static" / "staticfiles.json"
    newest = max(path.stat().st_mtime for path in (ROOT / "static").rglob("*"))
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        python("manage.py", "collectstatic", "--noinput", "--verbosity", "0", database="none")


def migrate(name: str) -> None:
    """Bring a database that was filled by an older version, or some time ago, to this one and to this day."""
    python("manage.py", "migrate", "--verbosity", "0", database=name)
    python("-m", "tests.bench.fill", database=name)


def note_filled(name: str, sizes: Sizes) -> None:
    """Remember that a database is complete."""
    _record(name).write_text(json.dumps(asdict(sizes)))


def filled(name: str) -> Sizes | None:
    """How much a complete database holds; None for one that is not there."""
    record = _record(name)
    return Sizes(**json.loads(record.read_text())) if record.exists() else None


def _record(name: str) -> Path:
    return FOLDER / "db" / f"{name}.{vendor()}.json"
