"""Run the trial: `make machines`. It needs root, and programs that it names when they are missing."""

import argparse
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aiosmtpd.controller import Controller
from cryptography.fernet import Fernet

from tests.smtp import SmtpHandler

from . import scripts
from .load import Visitors
from .network import HERE, network
from .servers import Front, Postgres, Site, environment_of, store, wait_for
from .trial import Editor, Place, Trial, watchers

ROOT = Path(__file__).resolve().parents[2]
MAIL_PORT = 2525


def postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    return found[-1].parent if found[-1].is_file() else None


def missing() -> list[str]:
    """What this machine lacks for the trial, in words."""
    lacking = [] if os.geteuid() == 0 else ["root (the machines are network namespaces)"]
    packages = {"ip": "iproute2", "nginx": "nginx", "setpriv": "util-linux", "git": "git"}
    lacking += [f"{name} (package {package})" for name, package in packages.items() if not shutil.which(name)]
    if postgres_binaries() is None:
        lacking.append("PostgreSQL's own programs (package postgresql)")
    return lacking


def release_before(wanted: str | None) -> str:
    """The commit that runs first: `wanted`, else the last one before the newest migration."""
    if wanted:
        return wanted
    command = ["git", "log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py"]
    newest = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    return f"{newest}^"


def unpack(commit: str, folder: Path) -> Path:
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


@contextlib.contextmanager
def mail_server() -> Iterator[SmtpHandler]:
    handler = SmtpHandler({})
    controller = Controller(handler, hostname=HERE, port=MAIL_PORT)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@contextlib.contextmanager
def place(folder: Path, *, before: str) -> Iterator[Place]:
    """Build everything, with the release before running, and take it down again."""
    with contextlib.ExitStack() as stack:
        machines = stack.enter_context(network())
        mails = stack.enter_context(mail_server())
        primary, standby = (
            Postgres(machines[name], folder=folder / name, binaries=postgres_binaries()) for name in ("db1", "db2")
        )
        for cluster in (primary, standby):
            stack.callback(cluster.kill)
        primary.make()
        primary.run()
        standby.copy(primary)
        standby.run()
        primary.psql("CREATE DATABASE clinic", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.psql("SELECT pg_reload_conf()")
        in_step = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_for(lambda: primary.psql(in_step) == "1", what="the standby")
        s3 = stack.enter_context(store(machines["s3"], folder=folder))
        names = {
            "SECRET_KEY": secrets.token_urlsafe(40),
            "FIELD_KEYS": Fernet.generate_key().decode(),
            "LOOKUP_KEY": secrets.token_urlsafe(40),
        }
        databases = [machines["db1"], machines["db2"]]
        environment = environment_of(
            secrets=names, databases=databases, s3=machines["s3"], front=machines["front"], mail=MAIL_PORT
        )
        sites = {
            name: Site(machines[name], folder=folder, environment=environment)
            for name in ("web1", "web2", "work1", "work2")
        }
        for site in sites.values():
            stack.callback(site.kill)
        webs, workers = [sites["web1"], sites["web2"]], [sites["work1"], sites["work2"]]
        proxy = Front(machines["front"], folder=folder, nodes=[site.machine for site in webs])
        stack.callback(proxy.kill)
        proxy.serve()
        old = unpack(before, folder / "before")
        yield Place(machines, primary, standby, s3, proxy, webs, workers, old, ROOT, mails)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make machines", description=__doc__)
    parser.add_argument("--before", help="the commit that runs first; default: the one before the newest migration")
    parser.add_argument("--calm", type=float, default=8, help="seconds of load after each fault")
    parser.add_argument("--readers", type=int, default=6)
    parser.add_argument("--keep", action="store_true", help="keep the logs of all machines")
    options = parser.parse_args()
    if lacking := missing():
        print("The trial cannot run here. Missing: " + "; ".join(lacking), file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="clinic-machines-"))
    folder.chmod(0o755)
    try:
        return trial(folder, options)
    finally:
        if options.keep:
            print(f"Logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def trial(folder: Path, options: argparse.Namespace) -> int:
    before = release_before(options.before)
    with place(folder, before=before) as built:
        print(f"Two web nodes, two workers, PostgreSQL with a standby, S3, nginx; first release {before}")
        for web in built.webs:
            web.manage(built.before, "collectstatic", "--noinput", "--verbosity", "0")
        built.workers[0].manage(built.before, "prepare")
        pages = built.workers[0].manage(built.before, "shell", "-c", scripts.SET_UP).split("\n")
        pages = [line for line in pages if line.startswith("/")]
        for web in built.webs:
            web.serve(built.before)
        for worker in built.workers:
            worker.work(built.before)
        proxy = built.machines["front"]
        visitors = Visitors(address=proxy.address, port=8080, pages=pages, readers=options.readers, askers=2)
        editor = Editor(built.webs[0], built.now)
        looking = watchers(built, host=f"{proxy.address}:8080", visitors=visitors, editor=editor)
        run = Trial(built, visitors, editor, looking, options.calm)
        try:
            visitors.start()
            run.run()
        finally:
            for one in (editor, visitors, *looking):
                one.stop()
        run.wait_for_mails()
        print(run.table(), end="\n\n")
        bars = run.bars() + run.without_database()
        for name, found, allowed, holds in bars:
            print(f"{'ok  ' if holds else 'FAIL'} {name:30}{found!s:>10}   {allowed}")
        return 0 if all(holds for *_, holds in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
