"""A43: what scanners post, as raw bytes through the WSGI handler, to every place that takes a form."""

import io
import tracemalloc

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from consults.models import ConsultRequest
from tests.factories.consults import make_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PATHS = ["/consult/", "/admin/account/login/", "/admin/account/password/reset/", "/search/"]
GOOD = b"location=birmingham&name=Dana&phone=205-555-0142&contact_by=call"


@pytest.fixture
def handler():
    """The site as a server calls it, but for the connection, which the test's transaction needs."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield WSGIHandler()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def part(name: str, value: bytes, extra: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value + b"\r\n"


BODIES = {
    "multipart without a boundary": ("multipart/form-data", GOOD),
    "a boundary that is no ASCII": ("multipart/form-data; boundary=\xe9", b"--\xe9\r\n"),
    "an endless boundary": (f"multipart/form-data; boundary={'b' * 5000}", b"--b"),
    "a part that is none": (MULTIPART, b"--x\r\nfoo"),
    "a part without a name": (MULTIPART, b"--x\r\nContent-Disposition: form-data\r\n\r\nfoo\r\n--x--\r\n"),
    "a part of broken base64": (
        MULTIPART,
        part("name", b"%%%").replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--x--\r\n",
    ),
    "1,500 fields": (FORM, b"&".join(b"f%d=1" % number for number in range(1500))),
    "1,500 parts": (MULTIPART, b"".join(part(f"f{number}", b"1") for number in range(1500)) + b"--x--\r\n"),
    "150 files": (
        MULTIPART,
        b"".join(part(f"f{number}", b"GIF89a", f'; filename="{number}.php"') for number in range(150)) + b"--x--\r\n",
    ),
    "a file for a name": (MULTIPART, part("name", b"GIF89a", '; filename="../../x.php"') + b"--x--\r\n"),
    "a field of 3 MB": (FORM, b"name=" + b"x" * 3_000_000),
    "a part of 3 MB": (MULTIPART, part("name", b"x" * 3_000_000) + b"--x--\r\n"),
    "JSON": ("application/json", b'{"name": "Dana", "location": {"$ne": null}}'),
    "XML": ("application/xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'),
    "UTF-16": (f"{FORM}; charset=utf-16", GOOD.decode().encode("utf-16")),
    "a charset nobody knows": (f"{FORM}; charset=bogus", GOOD),
    "a charset that is a hook": (f"{FORM}; charset=../../etc", GOOD),
    "bytes that are no text": (FORM, b"name=\xff\xfe\x00&phone=%ff%00&location=%f0%28"),
    "every field twice": (FORM, GOOD + b"&name=Other&location=nowhere&contact_by=pigeon"),
    "fields that are arrays": (FORM, b"name[]=x&location[$gt]=&__proto__[x]=1&csrfmiddlewaretoken[]=y"),
    "half a percent sign": (FORM, b"name=%&phone=%2&location=%zz&=&&&;"),
    "no type at all": ("", GOOD),
    "a type that is none": ("\x00;;;=", GOOD),
    "nothing": (FORM, b""),
}


def post(handler, path: str, kind: str, body, *, length: int | str | None = None) -> tuple[int, str]:
    """Return status and page of one raw POST."""
    answer = {}

    def start(status, headers, exc_info=None):
        answer["status"] = int(status[:3])

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "clinic.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "clinic.example",
        "REMOTE_ADDR": "192.0.2.7",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body) if length is None else length),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.errors": io.StringIO(),
    }
    response = handler(environ, start)
    page = b"".join(response).decode()
    response.close()
    return answer["status"], page


def assert_is_answered(status: int, page: str, name: str) -> None:
    """Assert a refusal in words that leads on: the phone number of the clinic, and no fault of ours."""
    assert status in {303, 400, 403, 405, 413, 422}, (name, status)
    if status != 303:
        assert "(205) 557-2253" in page, (name, status)


# Each loads the whole content, so one test goes through all bodies.
@pytest.mark.parametrize("path", PATHS)
def test_a43_rubbish_is_refused_in_words_and_mails_nobody(handler, path, mailoutbox, caplog):
    make_recipient()
    for name, (kind, raw) in BODIES.items():
        before = ConsultRequest.objects.count()
        status, page = post(handler, path, kind, raw)
        assert_is_answered(status, page, name)
        assert status == 303 or ConsultRequest.objects.count() == before, name
    assert mailoutbox == []
    # Django's own word of a refusal is in the log; a fault would have a reference.
    assert "error reference" not in caplog.text
    assert "Internal Server Error" not in caplog.text


def test_a43_a_body_shorter_than_it_claims_is_no_fault_of_ours(handler, mailoutbox):
    for path in PATHS:
        for kind in (FORM, MULTIPART):
            for body in (b"", b"name=Dana", part("name", b"Dana")):
                status, page = post(handler, path, kind, body, length=500)
                assert_is_answered(status, page, f"{path} {kind} {body}")
    assert mailoutbox == []


class Flood(io.RawIOBase):
    """Twenty megabytes that come into being only as they are read."""

    def __init__(self, start: bytes) -> None:
        self.start, self.left, self.given = start, 20_000_000, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self.start or b"x" * min(size if size >= 0 else self.left, self.left, 65536)
        self.start, self.left, self.given = b"", self.left - len(chunk), self.given + len(chunk)
        return chunk


def test_a43_twenty_megabytes_are_not_kept_in_memory(handler):
    endless_part = part("name", b"").rstrip() + b"\r\n\r\n"
    for path in PATHS:
        post(handler, path, FORM, b"")  # what is loaded once does not count
        for kind, start in ((FORM, b"name="), (MULTIPART, endless_part)):
            flood = Flood(start)
            tracemalloc.start()
            status, page = post(handler, path, kind, flood, length=20_000_000)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert_is_answered(status, page, f"{path} {kind}")
            assert status != 303
            assert peak < 12_000_000, (path, kind)
            assert flood.given < 4_000_000  # given up at the limit, not read to the end
