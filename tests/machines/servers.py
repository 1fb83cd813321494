"""What runs on the machines: PostgreSQL twice, a store for pictures, nginx, and the site."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .network import HERE, Machine

NGINX = Path(__file__).with_name("nginx.conf")
BUCKET = "clinic-media"
SHARED = """
listen_addresses = '*'
unix_socket_directories = '{folder}'
max_connections = 100
synchronous_commit = on
hot_standby = on
"""
ACCESS = "local all all trust\nhost all all 10.77.0.0/16 trust\nhost replication all 10.77.0.0/16 trust\n"


def wait_for(condition: Callable[[], bool], *, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)


def answers(machine: Machine, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((machine.address, port), timeout=0.5):
        return True
    return False


class Server:
    """A process on a machine, with all that it starts."""

    def __init__(self, machine: Machine, *, log: Path) -> None:
        self.machine, self.log = machine, log
        self.process: subprocess.Popen | None = None

    def start(self, *command: str, **options) -> None:
        with self.log.open("ab") as log:
            self.process = self.machine.popen(*command, stdout=log, stderr=log, **options)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to all that runs on the machine."""
        if self.process is not None:
            self.machine.kill_everything()
            self.process.wait()

    def stop(self) -> None:
        self.send(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


class Postgres(Server):
    """One PostgreSQL cluster of its own."""

    def __init__(self, machine: Machine, *, folder: Path, binaries: Path) -> None:
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o700)
        super().__init__(machine, log=folder.parent / f"{machine.name}.log")
        self.folder, self.binaries, self.data = folder, binaries, folder / "data"

    def command(self, name: str, *arguments: str) -> None:
        process = self.machine.popen(
            str(self.binaries / name), *arguments, user="postgres", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = process.communicate(timeout=120)
        if process.returncode:
            raise SystemExit(f"{name} on {self.machine.name}: {said.decode()}")

    def make(self) -> None:
        """An empty cluster that acknowledges nothing which the standby does not have on its disk."""
        self.command("initdb", "-D", str(self.data), "--auth=trust", "--encoding=UTF8", "--no-instructions")
        settings = self.data / "postgresql.conf"
        settings.write_text(settings.read_text() + SHARED.format(folder=self.folder))
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def copy(self, primary: "Postgres") -> None:
        """A standby that follows `primary`, and needs no standby itself once it is promoted."""
        source = f"host={primary.machine.address} user=postgres application_name=standby"
        self.command("pg_basebackup", "-D", str(self.data), "-d", source, "-R", "-X", "stream", "-c", "fast")
        settings = self.data / "postgresql.conf"
        settings.write_text(settings.read_text() + f"unix_socket_directories = '{self.folder}'\n")

    def run(self) -> None:
        self.start(str(self.binaries / "postgres"), "-D", str(self.data), user="postgres")
        wait_for(lambda: answers(self.machine, 5432), what=f"PostgreSQL on {self.machine.name}")

    def psql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements one by one and return what the last one said."""
        command = [str(self.binaries / "psql"), "-h", self.machine.address, "-U", "postgres", "-qtA", database]
        for statement in statements:
            found = subprocess.run([*command, "-c", statement], check=True, capture_output=True, text=True)
        return found.stdout.strip()


@contextlib.contextmanager
def store(machine: Machine, *, folder: Path) -> Iterator[Server]:
    """An S3 server with an empty bucket."""
    import boto3

    server = Server(machine, log=folder / "s3.log")
    server.start(str(Path(sys.executable).with_name("moto_server")), "-H", machine.address, "-p", "9000")
    try:
        wait_for(lambda: answers(machine, 9000), what="the store")
        where = {"endpoint_url": f"http://{machine.address}:9000", "region_name": "us-east-1"}
        boto3.client("s3", **where, aws_access_key_id="for-tests", aws_secret_access_key="for-tests").create_bucket(
            Bucket=BUCKET
        )
        yield server
    finally:
        server.kill()


class Front(Server):
    """nginx before the web nodes."""

    def __init__(self, machine: Machine, *, folder: Path, nodes: list[Machine]) -> None:
        super().__init__(machine, log=folder / "nginx.log")
        self.folder, self.nodes = folder / "nginx", nodes
        self.folder.mkdir()
        self._write(nodes)

    def _write(self, nodes: list[Machine]) -> None:
        lines = "\n".join(f"        server {node.address}:8000 max_fails=3 fail_timeout=2s;" for node in nodes)
        conf = NGINX.read_text().replace("@FOLDER@", str(self.folder)).replace("@NODES@", lines)
        (self.folder / "nginx.conf").write_text(conf)

    def serve(self) -> None:
        self.start("nginx", "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;")
        wait_for(lambda: answers(self.machine, 8080), what="nginx")

    @contextlib.contextmanager
    def without(self, node: Machine) -> Iterator[None]:
        """Send nobody to `node` while the block runs; it has a second to finish what it has in hand."""
        for nodes in ([other for other in self.nodes if other != node], self.nodes):
            self._write(nodes)
            self.send(signal.SIGHUP)
            time.sleep(1)
            if nodes != self.nodes:
                yield

    def forget_pages(self) -> None:
        """Empty the cache: the release before may have allowed to keep pages for longer."""
        for path in (self.folder / "cache").iterdir():
            path.unlink()


class Site(Server):
    """A web node or a worker: one release of the code, and a disk that no other machine sees."""

    def __init__(self, machine: Machine, *, folder: Path, environment: dict[str, str]) -> None:
        self.disk = folder / machine.name
        self.disk.mkdir()
        super().__init__(machine, log=folder / f"{machine.name}.log")
        self.environment = {**environment, "VAR_DIR": str(self.disk)}

    def options(self, code: Path) -> dict:
        return {"cwd": code, "env": self.environment}

    def manage(self, code: Path, *command: str, stdin: str | None = None) -> str:
        """Run manage.py of this release here, and return what it printed."""
        process = self.machine.popen(
            sys.executable,
            "manage.py",
            *command,
            **self.options(code),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said, error = process.communicate(stdin, timeout=240)
        if process.returncode:
            raise SystemExit(f"{command} on {self.machine.name}:\n{said}{error}")
        return said

    def serve(self, code: Path) -> None:
        self.start(
            str(Path(sys.executable).with_name("gunicorn")),
            "--config",
            "clinic_site/gunicorn_conf.py",
            "--bind",
            f"{self.machine.address}:8000",
            "clinic_site.wsgi",
            **self.options(code),
        )
        wait_for(lambda: answers(self.machine, 8000), what=f"gunicorn on {self.machine.name}")

    def work(self, code: Path) -> None:
        self.start(sys.executable, "manage.py", "run_worker", **self.options(code))


def environment_of(
    *, secrets: dict[str, str], databases: list[Machine], s3: Machine, front: Machine, mail: int
) -> dict:
    """The settings that all machines share."""
    hosts = ",".join(f"{machine.address}:5432" for machine in databases)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **secrets,
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
        "DATABASE_URL": f"postgres://postgres@{hosts}/clinic?target_session_attrs=read-write",
        "MEDIA_STORAGE": f"s3://{BUCKET}?endpoint=http://{s3.address}:9000&region=us-east-1",
        "AWS_ACCESS_KEY_ID": "for-tests",
        "AWS_SECRET_ACCESS_KEY": "for-tests",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SITE_URL": f"http://{front.address}:8080",
        "TRUST_PROXY": "true",
        "EMAIL_URL": f"smtp://{HERE}:{mail}",
        "EMAIL_TIMEOUT": "5",
        "CHECK_LINKS": "false",
        "LOG_LEVEL": "WARNING",
    }
