"""One question to one address: servers that are slow, silent, rude or send us on."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from consults.outgoing import NoAnswer, Question, ask
from tests.smtp import free_port


@contextmanager
def server(*pieces: bytes, pause: float = 0):
    """Answer one connection with these pieces, `pause` seconds before each; give its port and what it was sent."""
    listener, heard = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        client, _ = listener.accept()
        with client:
            heard.append(client.recv(65536))
            try:
                for piece in pieces:
                    time.sleep(pause)
                    client.sendall(piece)
                if not pieces:
                    client.recv(1)
            except OSError:  # the other end has hung up
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    thread.join(5)


def test_the_answer_is_its_status():
    with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, heard):
        assert ask(Question(url=f"{url}/ping/x?y=1")).status == 204
    head = heard[0].decode()
    assert head.startswith("GET /ping/x?y=1 HTTP/1.1\r\n")
    assert "Cookie" not in head


def test_a_redirect_is_not_followed():
    with server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n") as (url, heard):
        assert (answer := ask(Question(url=url))).status == 302
    assert answer.location == "http://127.0.0.1:9/"
    assert len(heard) == 1


def test_the_host_is_the_one_that_was_named():
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (url, heard):
        ask(Question(url=url, method="POST", body=b"a=1", headers={"Host": "clinic.example"}))
    assert heard[0].count(b"Host:") == 1
    assert b"Host: clinic.example\r\n" in heard[0]


@pytest.mark.parametrize(
    "pieces",
    [(), (b"not HTTP\r\n\r\n",), (b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 60)],
    ids=["silent", "no HTTP", "drips"],
)
def test_no_server_holds_us_longer_than_our_patience(pieces):
    start = time.monotonic()
    with server(*pieces, pause=0.1 if len(pieces) > 1 else 0) as (url, _), pytest.raises(NoAnswer):
        ask(Question(url=url), patience=0.4)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[::1", "http://127.0.0.1:99999999/", "https:///"]
)
def test_an_address_that_is_none_is_no_answer(url):
    with pytest.raises(NoAnswer):
        ask(Question(url=url), patience=0.4)


def test_nobody_listens():
    with pytest.raises(NoAnswer):
        ask(Question(url=f"http://127.0.0.1:{free_port()}/"))


def test_a_server_without_a_certificate_is_no_answer():
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (url, _), pytest.raises(NoAnswer):
        ask(Question(url=url.replace("http:", "https:")), patience=1)
