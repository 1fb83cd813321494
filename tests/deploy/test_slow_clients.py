"""A few clients that are slow on purpose hold up nobody, with the proxy and without it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection

from .slow import SMALL_BUFFER, UNREAD_PAGES, everything, seconds_until_cut, slow_body, slow_headers, slow_read
from .stack import HOST


@contextmanager
def measured(ask: Callable[[], None]) -> Iterator[list[float]]:
    """Ask again and again until the block ends; the list holds how many seconds each answer took."""
    seconds, ended = [], threading.Event()

    def go_on() -> None:
        while not ended.is_set():
            started = time.monotonic()
            ask()
            seconds.append(time.monotonic() - started)
            ended.wait(0.1)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join()


def test_a45_twenty_stuck_posts_straight_at_gunicorn_hold_up_nobody_and_are_cut(stack):
    port = stack.start_straight()

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()

    def connect() -> socket.socket:
        return opened.enter_context(socket.create_connection(("127.0.0.1", port)))

    with ExitStack() as opened, measured(ask) as seconds:
        stuck = [slow_body(connect, f"127.0.0.1:{port}") for _ in range(20)]
        cut = seconds_until_cut(stuck, at_most=30)
        # One moment more: to say goodbye once took gunicorn's only accepting thread two seconds for each.
        time.sleep(2)
    stack.stop("straight")
    assert max(cut) <= 30
    assert len(seconds) > 20
    assert max(seconds) < 1
    assert "Internal Server Error" not in stack.said


def test_a45_behind_the_proxy_slow_clients_hold_no_web_process_and_are_cut(stack):
    host = f"{HOST}:{stack.https_port}"

    def connect(buffer: int = 0) -> socket.socket:
        return opened.enter_context(stack.connect(buffer=buffer))

    # Past nginx's cache, and often enough for every process to have read its templates.
    for number in range(20):
        assert stack.ask("/articles/", headers={"Cookie": f"of={number}"}).status == 200
    with ExitStack() as opened, measured(lambda: stack.ask(f"/robots.txt?{time.monotonic()}")) as seconds:
        stuck = [kind(connect, host) for kind in (slow_headers, slow_body) for _ in range(20)]
        unread = [slow_read(partial(connect, SMALL_BUFFER), host) for _ in range(20)]
        cut = seconds_until_cut(stuck, at_most=30)
        time.sleep(2)
        # What nobody read was given up: the connection ends before all its pages came.
        received = [everything(connection).count(b"HTTP/1.1 200") for connection in unread]
    assert max(cut) <= 15
    assert max(received) < UNREAD_PAGES
    assert len(seconds) > 20
    assert max(seconds) < 1
