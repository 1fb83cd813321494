"""The site behind the real gunicorn: what no test client can send, and what gunicorn answers by itself (A38)."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User

from clinic_site.roles import EDITOR
from consults.models import ConsultRequest
from tests.factories.consults import PASSWORD, make_role
from tests.gunicorn import ask, production, serving

from .headers import NOTHING, PAGE, SIGN_IN, faults

HEAD = b"Host: clinic.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
GOOD = b"location=birmingham&name=Dana&phone=205-555-0142&contact_by=call"
PHONE = b"(205) 557-2253"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory, log):
    with serving(production(tmp_path_factory.mktemp("var")), log=log) as port:
        yield port


@pytest.fixture
def send(port, transactional_db, content):
    """Ask with these bytes: a method and a path, more headers, a body."""

    def send(start: str, *more: bytes, head: bytes = HEAD, body: bytes = b""):
        lines = b"".join(line + b"\r\n" for line in more)
        return ask(port, f"{start} HTTP/1.1\r\n".encode() + head + lines + b"\r\n" + body)

    return send


def test_what_gunicorn_refuses_carries_every_header_and_the_phone(send, port, log):
    length = f"Content-Length: {len(GOOD)}".encode()
    refused = {
        414: send(f"GET /{'x' * 9000}"),
        431: send("GET /", b"Cookie: " + b"x" * 9000),
        400: ask(port, b"canary\r\n\r\n"),
        501: send("POST /consult/", b"Transfer-Encoding: canary"),
        417: send("POST /consult/", b"Expect: canary", length, body=GOOD),
    }
    for status, (found, headers, answer) in refused.items():
        assert found == status
        assert faults(headers, NOTHING, is_secure=True) == [], status
        assert headers["Cache-Control"] == "no-store"
        assert PHONE in answer
        assert b"canary" not in answer
    many = send("GET /", *(b"X-%d: 1" % number for number in range(80)))
    assert many[0] == 431
    for said in (b"abc", b"-5", b"+5", b"9" * 40, b"1,1"):
        status, headers, answer = send("POST /consult/", FORM.rstrip(), b"Content-Length: " + said, body=GOOD)
        assert (status, PHONE in answer) == (400, True), said
    assert not ConsultRequest.objects.exists()
    text = log.read_text()
    assert "refused with 431: LimitRequestHeaders" in text
    assert "canary" not in text
    assert "127.0.0.1 " not in text.replace("http://127.0.0.1", "")  # nobody's address beside what they asked for


def test_what_the_site_answers_there_carries_every_header(send):
    style = send("GET /about/")[2].partition(b'rel="stylesheet" href="')[2].partition(b'"')[0].decode()
    answers = {
        "/": (200, PAGE),
        "/not/there/": (404, PAGE),
        style: (200, NOTHING),
        "/robots.txt": (200, NOTHING),
        "/about": (301, NOTHING),
        "/admin/account/login/": (200, SIGN_IN),
        "/admin/login/": (302, NOTHING),
    }
    for path, (status, policy) in answers.items():
        found, headers, _ = send(f"GET {path}")
        assert found == status, path
        assert faults(headers, policy, is_secure=True) == [], path
        if "Set-Cookie" in headers:
            assert headers["Set-Cookie"].startswith("__Host-csrf=")
            assert {"Secure", "HttpOnly", "Path=/"} <= set(headers["Set-Cookie"].split("; "))
            assert "Domain" not in headers["Set-Cookie"]
    plain = HEAD.replace(b"Proto: https", b"Proto: http")
    status, headers, _ = send("POST /consult/", FORM.rstrip(), b"Content-Length: 0", head=plain)
    assert (status, headers["Location"]) == (308, "https://clinic.example/consult/")
    assert faults(headers, NOTHING) == []
    assert "Strict-Transport-Security" not in headers


def test_a_body_in_chunks_is_a_form_like_any_other(send):
    kind, chunked = FORM.rstrip(), b"Transfer-Encoding: chunked"
    answers = {
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD): 303,
        b"11170\r\n" + b"x" * 70_000 + b"\r\n0\r\n\r\n": 413,
        b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n": 400,
        b"5\r\n" + GOOD: 400,
    }
    for body, status in answers.items():
        found, headers, answer = send("POST /consult/", kind, chunked, body=body)
        assert found == status, body[:20]
        assert status == 303 or PHONE in answer
    large = b"name=" + b"x" * 70_000
    length = f"Content-Length: {len(large)}".encode()
    status, headers, answer = send("POST /consult/", kind, length, body=large)
    assert (status, PHONE in answer, faults(headers, PAGE, is_secure=True)) == (413, True, [])
    assert ConsultRequest.objects.count() == 1


BAD_HOSTS = [
    b"evil.example",
    b"clinic.example:1@evil.example",
    b"clinic.example@evil.example",
    b"clinic.example, evil.example",
    b"clinic.example.evil.example",
    b"clinic.example#evil.example",
    b"evil.example\tclinic.example",
    b"",
]
FORGED = [
    b"X-Forwarded-Host: evil.example",
    b"X-Host: evil.example",
    b"X-Forwarded-Server: evil.example",
    b"X-HTTP-Host-Override: evil.example",
    b"Forwarded: host=evil.example;proto=http",
    b"X-Original-URL: /evil.example/",
    b"X-Rewrite-URL: /evil.example/",
    b"X-Forwarded-Port: 1",
    b"X-Forwarded-Prefix: /evil.example",
    b"SCRIPT_NAME: /evil.example",
    b"PATH_INFO: /admin/",
]


@pytest.mark.parametrize(("path", "status"), [("/not-a-page/", 404), ("/consult/", 200)])
def test_a38_a_forged_host_is_refused_or_ignored_and_never_repeated(send, path, status):
    for host in BAD_HOSTS:
        found, _, answer = send(f"GET {path}", head=HEAD.replace(b"clinic.example", host))
        assert found == 400, host
        assert b"evil.example" not in answer, host
    two = send(f"GET {path}", b"Host: evil.example")
    assert (two[0], b"evil.example" in two[2]) == (400, False)
    plain = send(f"GET {path}")[2].partition(b"\r\n\r\n")[2]
    for forged in FORGED:
        found, _, answer = send(f"GET {path}", forged)
        assert found == status, forged
        assert answer.partition(b"\r\n\r\n")[2] == plain, forged
    found, _, answer = send(f"GET http://evil.example{path}")
    assert (found, b"evil.example" in answer) == (status, False)
    # Without https: the way there is our own, whatever the host.
    found, headers, answer = send(f"GET {path}", head=b"Host: evil.example\r\nConnection: close\r\n")
    assert (found, headers["Location"]) == (301, f"https://clinic.example{path}")


def test_gunicorn_itself_believes_no_proxy(send):
    """It would take anybody on the same machine for one, whatever TRUST_PROXY says."""
    for said in (b"X-Forwarded-Ssl: on", b"X-Forwarded-Protocol: ssl"):
        status, headers, _ = send("GET /about/", said, head=b"Host: clinic.example\r\nConnection: close\r\n")
        assert (status, headers["Location"]) == (301, "https://clinic.example/about/"), said


def test_two_ways_to_say_how_long_a_body_is_are_refused(send):
    """What one program takes for the end of a request, the next must not take for the middle of another."""
    length = f"Content-Length: {len(GOOD)}".encode()
    inside = b"0\r\n\r\nGET /canary HTTP/1.1\r\nHost: clinic.example\r\n\r\n"
    for more in ((length, b"Transfer-Encoding: chunked"), (length, b"Content-Length: 5"), (b"Content-Length : 5",)):
        status, _, answer = send("POST /consult/", FORM.rstrip(), *more, body=inside)
        assert (status, answer.count(b"HTTP/1.1")) == (400, 1), more
    assert not ConsultRequest.objects.exists()


def test_every_cookie_is_of_this_host_and_of_https_alone(send):
    hasher = Argon2PasswordHasher()
    encoded = hasher.encode(PASSWORD, hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    make_role(EDITOR, username="ed")
    User.objects.update(password=encoded)
    jar, seen = {}, {}

    def go(start: str, **fields: str) -> dict:
        token = {"csrfmiddlewaretoken": jar.get("__Host-csrf", "")} if fields or "logout" in start else {}
        body = urlencode({**fields, **token}).encode()
        cookies = f"Cookie: {'; '.join(f'{name}={value}' for name, value in jar.items())}".encode()
        more = [cookies, FORM.rstrip(), b"Origin: https://clinic.example", f"Content-Length: {len(body)}".encode()]
        _, headers, _ = send(start, *more, body=body)
        for line in headers.get("Set-Cookie", "").split("\n"):
            crumb, *marks = line.split("; ")
            name, _, value = crumb.partition("=")
            if value.strip('"'):
                jar[name] = value
                seen[name] = {mark for mark in marks if not mark.startswith(("expires", "Max-Age"))}
        return headers

    go("GET /admin/account/login/")
    assert go("POST /admin/account/login/", login="ed", password=PASSWORD)["Location"] == "/admin/"
    assert go("POST /admin/logout/")["Location"] == "/admin/account/login/"
    right = {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert seen == {f"__Host-{name}": right for name in ("csrf", "session", "device")}
