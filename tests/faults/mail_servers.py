"""One mail server on one port for a whole trial, whose manners can be changed while mails arrive."""

import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.smtp import SmtpHandler, free_port

# A line for each command would cost more than the mails themselves.
logging.getLogger("mail.log").setLevel(logging.WARNING)

GOOD, DOWN, HANGING, REFUSES, DROPS = "good", "down", "hanging", "451", "accept-then-drop"
# Each way in which STARTTLS can be broken.
TLS_REFUSED, TLS_GARBAGE, TLS_GONE = "STARTTLS refused", "STARTTLS garbage", "no STARTTLS"


class Mailbox(SmtpHandler):
    """Keeps what it takes; `at` is called with the name of each step of a delivery before it is answered."""

    manner = GOOD
    at: Callable[[str], None] = staticmethod(lambda step: None)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.at("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.manner == REFUSES:
            return "451 Requested action aborted: try again later"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.at("RCPT")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.at("DATA")
        if self.manner == DROPS:
            server.transport.abort()
        return answer

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        self.at("QUIT")
        return "221 bye"


class MailServer:
    """An SMTP server that `behave` changes. Its `mails` are all that it ever took, whatever it answered."""

    def __init__(self, *, certificate: Path | None = None) -> None:
        self.port = free_port()
        self.mailbox = Mailbox({})
        self.certificate = certificate
        self._controller: Controller | None = None
        self._broken: BrokenServer | None = None
        self.behave(GOOD)

    @property
    def mails(self) -> list:
        return self.mailbox.mails

    def behave(self, manner: str) -> None:
        """Become a server of this manner from the next connection on."""
        if manner in (GOOD, REFUSES, DROPS) and self._controller:
            self.mailbox.manner = manner
            return
        self.close()
        self.mailbox.manner = manner
        if manner in (HANGING, TLS_REFUSED, TLS_GARBAGE, TLS_GONE):
            self._broken = BrokenServer(self.port, manner)
        elif manner != DOWN:
            context = None
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate)
            self._controller = Controller(
                self.mailbox,
                hostname="127.0.0.1",
                port=self.port,
                tls_context=context,
                require_starttls=bool(context),
            )
            self._controller.start()

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
        if self._broken:
            self._broken.close()
        self._controller = self._broken = None


class BrokenServer:
    """Accepts every connection and then says nothing, or what breaks STARTTLS."""

    def __init__(self, port: int, manner: str) -> None:
        self.manner, self.clients = manner, []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(client)
            if self.manner != HANGING:
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        offers = b"250-here\r\n250 8BITMIME\r\n" if self.manner == TLS_GONE else b"250-here\r\n250 STARTTLS\r\n"
        try:
            client.sendall(b"220 ready\r\n")
            for line in client.makefile("rb"):
                if line.upper().startswith(b"EHLO"):
                    client.sendall(offers)
                elif line.upper().startswith(b"STARTTLS") and self.manner == TLS_GARBAGE:
                    client.sendall(b"220 go ahead\r\n" + b"\x00" * 200)
                    client.close()
                    return
                else:
                    client.sendall(b"454 TLS is not available\r\n")
        except OSError:
            pass

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for client in self.clients:
            client.close()


def make_certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 with its key into one file, which is its own authority, and return it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return file
