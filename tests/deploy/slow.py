"""Clients that are slow on purpose: headers that never end, bodies that never come, answers that nobody reads."""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

Connect = Callable[[], socket.socket]
STUCK_BODY = "name="
# More than the buffers of both sides hold.
UNREAD_PAGES = 500
SMALL_BUFFER = 4096


def slow_headers(connect: Connect, host: str) -> socket.socket:
    """Begin a request and never end its headers."""
    connection = connect()
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ".encode())
    return connection


def slow_body(connect: Connect, host: str) -> socket.socket:
    """Announce fifty bytes of a form, send five and stop: the input of case A45."""
    connection = connect()
    connection.sendall(
        f"POST /consult/ HTTP/1.1\r\nHost: {host}\r\nCookie: csrftoken={'a' * 32}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\n{STUCK_BODY}".encode()
    )
    return connection


def slow_read(connect: Connect, host: str) -> socket.socket:
    """Ask for many pages at once and read none of them. `connect` should ask for a small buffer."""
    connection = connect()
    request = f"GET /articles/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    connection.sendall(request * UNREAD_PAGES)
    return connection


def seconds_until_cut(connections: list[socket.socket], *, at_most: float) -> list[float]:
    """Return after how many seconds each connection was closed by the other side; inf for those that were not."""
    started = time.monotonic()
    found = {connection: float("inf") for connection in connections}
    waiting = set(connections)
    while waiting and (left := at_most - (time.monotonic() - started)) > 0:
        for connection in select.select(list(waiting), [], [], left)[0]:
            try:
                closed = not connection.recv(65536)
            except OSError:
                closed = True
            if closed:
                found[connection] = time.monotonic() - started
                waiting.discard(connection)
    return list(found.values())


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes or resets the connection."""
    parts = []
    with suppress(OSError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)
