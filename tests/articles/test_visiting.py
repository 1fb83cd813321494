"""Visits to a real server on this machine, well-behaved and otherwise."""

import datetime
import socket
import ssl
import time
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from articles import visiting
from articles.visiting import Outcome, Visit, is_public, visit
from tests.strangers import stranger


def anywhere(address: str) -> bool:
    return True


@pytest.fixture
def server():
    with stranger() as server:
        yield server


@pytest.fixture
def hasty(monkeypatch):
    """No pause between requests, and little patience."""
    monkeypatch.setattr(visiting, "PAUSE", 0)
    monkeypatch.setattr(visiting, "PATIENCE", 0.4)


@pytest.mark.parametrize(
    ("path", "outcome", "status", "words", "methods"),
    [
        ("/200", "answered", 200, "", ["HEAD"]),
        ("/204", "answered", 204, "", ["HEAD"]),
        ("/found", "answered", 200, "", ["HEAD", "HEAD"]),
        ("/get-only", "answered", 200, "", ["HEAD", "GET"]),
        ("/get-only-404", "answered", 200, "", ["HEAD", "GET"]),
        ("/hangs-up-on-head", "answered", 200, "", ["HEAD", "GET"]),
        ("/404", "failed", 404, "no such page", ["HEAD", "GET"]),
        ("/410", "failed", 410, "no such page", ["HEAD", "GET"]),
        ("/moved-to-404", "failed", 404, "no such page", ["HEAD", "HEAD", "GET"]),
        ("/400", "failed", 400, "refuses this address", ["HEAD", "GET"]),
        ("/500", "failed", 500, "has a fault", ["HEAD", "GET"]),
        ("/403", "unclear", 403, "lets no program in", ["HEAD", "GET"]),
        ("/429", "unclear", 429, "lets no program in", ["HEAD"]),
        ("/slow", "failed", None, "No answer within", ["HEAD"]),
        ("/drips", "failed", None, "No answer within", ["HEAD"]),
        ("/circle", "failed", None, "without an end", ["HEAD", "HEAD"]),
        ("/cookie-wall", "unclear", None, "without an end", ["HEAD"]),
        ("/to-file", "failed", None, "no web address", ["HEAD"]),
        ("/nonsense", "failed", None, "not answer as a web site", ["HEAD", "GET"]),
        ("/endless-head", "failed", None, "not answer as a web site", ["HEAD", "GET"]),
    ],
)
@pytest.mark.usefixtures("hasty")
def test_what_a_visit_tells(server, path, outcome, status, words, methods):
    began = time.monotonic()
    found = visit(server.url + path, may_connect=anywhere)
    assert (found.outcome, found.status) == (outcome, status)
    assert words in found.problem
    assert bool(found.problem) is (outcome != "answered")
    assert [method for method, *_ in server.asked] == methods
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("hasty")
def test_only_a_move_for_good_is_noted(server):
    where = {path: visit(server.url + path, may_connect=anywhere).moved_to for path in ("/moved-for-good", "/found")}
    assert where == {"/moved-for-good": f"{server.url}/200", "/found": ""}
    # The first step is for good, the second is not: the link should follow the first.
    assert visit(f"{server.url}/moved", may_connect=anywhere).moved_to == f"{server.url}/found"


@pytest.mark.usefixtures("hasty")
def test_a_body_however_large_is_not_read(server):
    assert visit(f"{server.url}/huge", may_connect=anywhere) == Visit(outcome=Outcome.ANSWERED, status=200)
    assert server.bytes_sent < 20_000_000  # what lies in the buffers of two sockets


def test_a_host_is_asked_once_a_second_and_told_who_asks(server):
    visit(f"{server.url}/moved-to-404", may_connect=anywhere)
    times = [moment for _, _, moment, _ in server.asked]
    assert len(times) == 3
    assert all(0.99 <= after - before < 1.5 for before, after in pairwise(times))
    for *_, headers in server.asked:
        assert headers["User-Agent"] == "ClinicLinkCheck/1.0 (+http://clinic.example/)"
        assert headers["Host"] == server.url.removeprefix("http://")
        assert "Cookie" not in headers
        assert "Referer" not in headers


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://0/"],
)
def test_this_machine_is_never_visited(url, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *args, **options: pytest.fail("it connected"))
    found = visit(url)
    assert found.outcome == Outcome.FAILED
    assert "not on the public internet" in found.problem or "no server of this name" in found.problem


@pytest.mark.usefixtures("hasty")
def test_a_redirect_does_not_lead_into_a_private_network(server):
    found = visit(f"{server.url}/to-inside", may_connect=lambda address: address in ("127.0.0.1", "::1"))
    assert (found.outcome, found.problem) == ("failed", "This address is not on the public internet.")


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch):
    """A name that answers differently the second time (DNS rebinding) gains nothing."""
    asked, connected = [], []

    def resolve(host, port, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    def connect(address, timeout):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert "No connection" in visit("https://rebind.example/").problem
    assert asked == ["rebind.example"]
    assert connected == [("93.184.215.14", 443)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True), ("127.0.0.1", False),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.1", False), ("255.255.255.255", False), ("224.0.0.1", False), ("::1", False),
        ("::", False), ("fe80::1%eth0", False), ("fd00::1", False), ("ff0e::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False), ("64:ff9b::a00:1", False), ("64:ff9b::5db8:d70e", True),
    ],
)  # fmt: skip
def test_only_public_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no"), "failed", "no server of this name"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "unclear", "could not be looked up"),
        (UnicodeError("label too long"), "failed", "no web address"),
        (RuntimeError("secret words"), "unclear", "Unexpected: RuntimeError"),
    ],
)
def test_names_that_lead_nowhere(monkeypatch, error, outcome, words):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    found = visit("http://gone.example/")
    assert found.outcome == outcome
    assert words in found.problem
    assert "secret" not in found.problem


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "http://", "http://a.example:99999/", "http://" + "a" * 80 + ".example/"]
)
def test_what_is_no_web_address_fails_without_a_request(url):
    assert visit(url).problem == "This is no web address."


def make_certificate(folder, name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


@pytest.mark.usefixtures("hasty")
def test_a_site_over_tls_is_visited_and_one_with_a_bad_certificate_fails(tmp_path, monkeypatch):
    path = make_certificate(tmp_path, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    with stranger(tls=tls) as server:
        found = visit(f"{server.url}/200", may_connect=anywhere)
        assert found.outcome == Outcome.FAILED
        assert "certificate" in found.problem
        trusting = ssl.create_default_context(cafile=path)
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        assert visit(f"{server.url}/200", may_connect=anywhere) == Visit(outcome=Outcome.ANSWERED, status=200)
        assert visit(server.url.replace("localhost", "127.0.0.1") + "/200", may_connect=anywhere).status is None
