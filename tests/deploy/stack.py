"""The site as it is deployed: the shipped nginx.conf before the shipped gunicorn, on a database of its own.

nginx runs without privileges, with a certificate made for the occasion, at free ports of this machine.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.smtp import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "www.clinic.example"
# Debian installs it where only root's PATH looks.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NOBODY = 65534
GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "clinic_site/gunicorn_conf.py"]
SECONDS_TO_START = 60


@dataclass
class Stack:
    """A running deployment. `processes` are those that were started, by name."""

    folder: Path
    http_port: int
    https_port: int
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.environment["SITE_URL"]

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname

    @property
    def socket(self) -> Path:
        return self.folder / "web.sock"

    @property
    def access_log(self) -> str:
        return (self.folder / "cache" / "access.log").read_text()

    @property
    def said(self) -> str:
        """What the processes printed."""
        return (self.folder / "said").read_text(errors="replace")

    def manage(self, *command: str, **environment: str) -> None:
        """Run a management command against the deployment's database."""
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**self.environment, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def trust(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder / "certificate.pem")
        return context

    @cached_property
    def trusted(self) -> ssl.SSLContext:
        """Made once: making it takes ten times as long as a connection."""
        return self.trust()

    def start(self, name: str, *command: str, env: dict[str, str] | None = None, **options) -> None:
        with open(self.folder / "said", "ab") as said:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env={**self.environment, **(env or {})}, stdout=said, stderr=said, **options
            )

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait(timeout=60)

    def start_web(self, *options: str, application: str = "clinic_site.wsgi") -> None:
        """Start gunicorn as shipped, at the socket, and wait until it answers."""
        self.start("web", *GUNICORN, "--bind", f"unix:{self.socket}", *options, application)
        self.wait("web", lambda: self.ask(f"/robots.txt?wait={time.monotonic()}").status == 200)

    def start_straight(self) -> int:
        """Start gunicorn as `make run` does, with no proxy before it; return its port once it answers."""
        port = free_port()
        plain = {"SITE_URL": f"http://127.0.0.1:{port}", "TRUST_PROXY": "false", "PORT": str(port)}
        self.start("straight", *GUNICORN, "clinic_site.wsgi", env=plain)

        def answers() -> bool:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/")
            status = connection.getresponse().status
            connection.close()
            return status == 200

        # Often enough for every process to have read its templates.
        for _ in range(20):
            self.wait("straight", answers)
        return port

    def start_nginx(self) -> None:
        orders = f"daemon off; pid {self.folder}/cache/pid;"
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self.start("nginx", NGINX, "-e", "stderr", "-c", f"{self.folder}/proxy/nginx.conf", "-g", orders, **user)
        self.wait("nginx", lambda: self.ask("/").status)

    def wait(self, name: str, answers) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            with suppress(OSError):
                if answers():
                    return
            assert self.processes[name].poll() is None, f"{name} ended:\n{self.said}"
            assert time.monotonic() < deadline, f"{name} does not answer:\n{self.said}"
            time.sleep(0.05)

    def connect(self, *, host: str = "", source: str = "127.0.0.1", buffer: int = 0, **options) -> ssl.SSLSocket:
        """Open a TLS connection, asking for `host`, which is the site's own unless given.

        `source` is the address it comes from, `buffer` how many bytes may wait unread (0: as usual),
        `options` are attributes of its context.
        """
        context = self.trust() if options else self.trusted
        for name, value in options.items():
            setattr(context, name, value)
        plain = socket.socket()
        try:
            plain.settimeout(60)
            if buffer:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            plain.bind((source, 0))
            plain.connect(("127.0.0.1", self.https_port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as browsers do
            return context.wrap_socket(plain, server_hostname=host or self.host)
        except OSError:
            plain.close()
            raise

    def ask(
        self, path: str, *, method: str = "GET", body=None, headers=None, https: bool = True, source: str = "127.0.0.1"
    ) -> HTTPResponse:
        """Return the answer to one request, its body in `body`."""
        given = {"Host": f"{self.host}:{self.https_port}" if https else self.host, **(headers or {})}
        # Without TLS of its own: HTTPSConnection reads all authorities of this machine, 20 ms each time.
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        with closing(connection):
            if https:
                connection.sock = self.connect(source=source)
            connection.request(method, path, body=body, headers=given)
            response = connection.getresponse()
            response.body = response.read()
        return response


def write_certificate(folder: Path) -> None:
    """Write certificate.pem and key.pem for HOST, the same name without www, and localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = [x509.DNSName(name) for name in (HOST, HOST.removeprefix("www."), "localhost")]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    (folder / "key.pem").chmod(0o644)  # for nobody, for the occasion


def new_stack(folder: Path, *, host: str = HOST, **settings: str) -> Stack:
    """Return a deployment of `host` in `folder`, with nginx's files written and nothing running yet."""
    folder.chmod(0o755)
    http_port, https_port = free_port(), free_port()
    environment = {
        **os.environ,
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=",
        "LOOKUP_KEY": "only-for-tests-lookup",
        "SITE_URL": f"https://{host}:{https_port}",
        "TRUST_PROXY": "true",
        "EMAIL_URL": "",
        "MEDIA_STORAGE": "",
        **settings,
    }
    stack = Stack(folder=folder, http_port=http_port, https_port=https_port, environment=environment)
    write_certificate(folder)
    if not Path(environment.get("STATIC_DIR", folder), "staticfiles.json").exists():
        stack.manage("collectstatic", "--noinput", "--verbosity", "0")
    proxy = ["--certificate", f"{folder}/certificate.pem", "--key", f"{folder}/key.pem", "--no-ipv6"]
    proxy += ["--upstream", f"unix:{stack.socket}", "--cache", f"{folder}/cache", "--log", f"{folder}/cache/access.log"]
    stack.manage(
        "write_proxy_files", f"{folder}/proxy", *proxy, f"--http-port={http_port}", f"--https-port={https_port}"
    )
    (folder / "cache").mkdir()
    if os.geteuid() == 0:
        os.chown(folder / "cache", NOBODY, NOBODY)
    return stack


@contextmanager
def running_nginx(**settings: str) -> Iterator[Stack]:
    """Run nginx alone, with nothing behind it, until the block ends; then stop whatever was started."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as name:
        stack = new_stack(Path(name), **settings)
        try:
            stack.start_nginx()
            yield stack
        finally:
            for started in list(stack.processes):
                stack.stop(started)


@contextmanager
def running_stack(**settings: str) -> Iterator[Stack]:
    """Run the whole deployment until the block ends.

    Without DATABASE_URL among the settings it has an SQLite file of its own.
    """
    with running_nginx(**settings) as stack:
        stack.manage("prepare")
        stack.start_web()
        yield stack
