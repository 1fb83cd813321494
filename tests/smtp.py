"""A real SMTP server in a thread, which keeps what it is given."""

import email
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message

from aiosmtpd.controller import Controller


@dataclass
class ReceivedMail:
    sender: str
    recipients: list[str]
    headers: Message
    raw: bytes

    @property
    def text(self) -> str:
        return self.headers.get_payload(decode=True).decode()


@dataclass
class SmtpHandler:
    """Takes every mail, but for the recipients in `refuse`, who are answered with its words."""

    refuse: dict[str, str]
    mails: list[ReceivedMail] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        headers = email.message_from_bytes(envelope.content)
        self.mails.append(ReceivedMail(envelope.mail_from, envelope.rcpt_tos, headers, envelope.content))
        return "250 OK"


def free_port() -> int:
    """Return a port of this machine on which nobody listens.

    Below those that the system gives to outgoing connections: one of them could take it before it is used.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port


@contextmanager
def serve(handler: SmtpHandler) -> Iterator[SmtpHandler]:
    """Serve SMTP with `handler` on a free port of this machine, which it then knows as `port`."""
    handler.port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


def smtp_server(refuse: dict[str, str] | None = None):
    """Serve SMTP with a handler that takes every mail but those to the addresses in `refuse`."""
    return serve(SmtpHandler(refuse or {}))


def use_server(settings, port: int) -> None:
    """Point Django's mail at an SMTP server on this machine."""
    settings.EMAIL_BACKEND = "clinic_site.core.smtp.Backend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
