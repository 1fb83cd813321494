"""The shipped nginx.conf, run for real: who is let in, what is believed, what is kept, what is said in trouble."""

import json
import re
import socket
import ssl
import subprocess
import time
import warnings
from urllib.parse import urlencode

import pytest

from tests.factories.posts import make_post

from .slow import everything
from .stack import HOST, NGINX

PHONE = "(205) 557-2253"
CANARY = "Zebra-205-555-0199"


def ask_plainly(port: int, host: str) -> bytes:
    """Return what comes back for a request without TLS; nothing when the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return everything(connection)


# Names and TLS -------------------------------------------------------------------------------


def test_the_configuration_is_right_and_has_nothing_outdated(away):
    result = subprocess.run(
        [NGINX, "-t", "-e", "stderr", "-c", f"{away.folder}/proxy/nginx.conf", "-g", f"pid {away.folder}/t;"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "@" not in re.sub(r"#.*", "", (away.folder / "proxy" / "nginx.conf").read_text())


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", [HOST, HOST.removeprefix("www.")])
def test_http_leads_to_https_and_keeps_what_was_posted(away, method, host):
    response = away.ask("/consult/?a=b", method=method, headers={"Host": host}, https=False)
    assert response.status == 308
    assert response.headers["Location"] == f"{away.origin}/consult/?a=b"


def test_whoever_issues_certificates_finds_the_proof_they_asked_for(away):
    proof = away.folder / "proxy" / ".well-known" / "acme-challenge" / "token"
    proof.parent.mkdir(parents=True)
    proof.write_text("proof")
    response = away.ask("/.well-known/acme-challenge/token", https=False)
    assert (response.status, response.body) == (200, b"proof")


def test_the_name_without_www_leads_to_the_site(away):
    with away.connect(host=HOST.removeprefix("www.")) as connection:
        connection.sendall(f"GET /x HTTP/1.1\r\nHost: {HOST.removeprefix('www.')}\r\n\r\n".encode())
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 308")
    assert f"Location: {away.origin}/x" in answer
    assert "Strict-Transport-Security: max-age=31536000" in answer
    assert "X-Content-Type-Options: nosniff" in answer
    assert "frame-ancestors 'none'" in answer


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_what_machines_ask_by_http_is_refused_and_not_sent_on(away, path):
    response = away.ask(path, https=False, headers={"Authorization": "Bearer x"})
    assert (response.status, response.headers.get("Location")) == (403, None)


def test_trace_is_refused_and_no_folder_is_listed(stack):
    assert stack.ask("/about/", method="TRACE").status == 405
    for path in ("/static/", "/static/css/", "/media/", "/proxy-pages/", "/.git/config", "/static/../manage.py"):
        assert stack.ask(path).status in (400, 404), path


def test_other_names_get_no_answer(away):
    assert ask_plainly(away.http_port, "evil.example") == b""
    with pytest.raises(ssl.SSLError):
        away.connect(host="evil.example")
    # The right name for TLS and another one inside.
    with away.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert everything(connection) == b""


def test_plain_http_at_the_port_of_https_is_sent_on(away):
    assert f"Location: {away.origin}/a?b=c".encode() in ask_plainly(away.https_port, HOST)


def test_http_2_is_offered(away):
    for offered, chosen in [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1")]:
        context = ssl.create_default_context(cafile=away.folder / "certificate.pem")
        context.set_alpn_protocols(offered)
        with (
            socket.create_connection(("127.0.0.1", away.https_port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            assert connection.selected_alpn_protocol() == chosen


def test_old_tls_is_refused(away):
    def highest(version: ssl.TLSVersion) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            options = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": version}
            with away.connect(**options) as connection:
                return connection.version()

    with pytest.raises(ssl.SSLError):
        highest(ssl.TLSVersion.TLSv1_1)
    assert highest(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert highest(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_only_ciphers_with_forward_secrecy_are_taken(away):
    def chosen(ciphers: str) -> str:
        context = ssl.create_default_context(cafile=away.folder / "certificate.pem")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
        with (
            socket.create_connection(("127.0.0.1", away.https_port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            return connection.cipher()[0]

    assert re.fullmatch(r"ECDHE-\w+-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", chosen("ALL"))
    for weak in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256"):
        with pytest.raises(ssl.SSLError):
            chosen(weak)


# What the site is told -----------------------------------------------------------------------


def test_what_the_site_believes_comes_from_the_proxy_alone(proxy):
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "Forwarded": "host=evil.example;for=203.0.113.9",
        "X-Request-Id": "forged",
        "X_Forwarded_For": "203.0.113.9",
        "Proxy": "evil.example",
        "Origin": "https://other.example",
    }
    told = json.loads(proxy.ask("/echo/", headers=forged).body)
    headers = dict(told["headers"])
    assert len(headers) == len(told["headers"])
    assert headers["Host"] == f"{HOST}:{proxy.https_port}"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-Id"])
    assert headers["Origin"] == "https://other.example"
    for name in ("X-Forwarded-Host", "X-Forwarded-Port", "Forwarded", "X_Forwarded_For", "Proxy"):
        assert name not in headers
    assert "evil.example" not in str(told)


def test_forged_headers_change_nothing_on_a_page(stack):
    response = stack.ask("/?forged", headers={"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"})
    assert response.status == 200
    assert b"evil.example" not in response.body
    assert f'rel="canonical" href="{stack.origin}/"'.encode() in response.body


# What is kept --------------------------------------------------------------------------------


def test_an_article_is_kept_with_or_without_what_advertisements_append(stack):
    path = re.search(rb'href="(/articles/[a-z0-9-]+/)"', stack.ask("/articles/").body)[1].decode()
    first = stack.ask(path)
    assert first.status == 200
    # It is kept for a second; on a busy machine the next request may come later than that.
    assert {"HIT", "STALE"} & {stack.ask(path).headers["X-Cache"] for _ in range(10)}
    for query in ("?utm_source=x", "?utm_source=x&utm_medium=y&gclid=z"):
        again = stack.ask(path + query)
        assert again.headers["X-Cache"] != "MISS", query
        assert again.body == first.body
    assert "Set-Cookie" not in first.headers


def test_a_page_is_kept_for_its_time_and_by_its_address(proxy):
    path = f"/kept/?{time.monotonic()}"
    assert [proxy.ask(path).headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert proxy.ask(path, method="HEAD").headers["X-Cache"] == "HIT"
    assert proxy.ask(path + "&page=2").headers["X-Cache"] == "MISS"
    assert proxy.ask(path, headers={"Cookie": "a=b"}).headers["X-Cache"] == "BYPASS"
    assert proxy.ask(path, headers={"Authorization": "Bearer x"}).headers["X-Cache"] == "BYPASS"
    # Decoded they are one path; the site tells them apart.
    assert proxy.ask("/kept%2F?" + path).headers["X-Cache"] == "MISS"


@pytest.mark.parametrize(
    "path",
    [
        "/with-cookie/",
        "/private/",
        "/no-store/",
        "/busy/",
        "/says-nothing/",
        "/admin/public/",
        "/accounts/public/",
        "/preview/public/",
        "/consult/thanks/public/",
        "/%61dmin/public/",
    ],
)
def test_nothing_else_is_kept_whatever_the_site_says(proxy, path):
    before = len(proxy.asked)
    assert "HIT" not in [proxy.ask(path).headers["X-Cache"] for _ in range(3)]
    assert len(proxy.asked) == before + 3


def test_a_posted_form_reaches_the_site_and_its_thanks_are_kept_by_nobody(stack):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    # A name of its own: the same form again would be a second click.
    for name in ("Dana Whitfield", "Robin Whitfield"):
        sent = stack.ask("/consult/", method="POST", body=urlencode(make_post(name=name)), headers=headers)
        assert sent.status == 303
        thanks = sent.headers["Location"]
        for _ in range(2):
            response = stack.ask(thanks)
            assert (response.status, response.headers["X-Cache"]) == (200, "BYPASS")
    for path in ("/consult/", "/admin/login/", "/readyz"):
        assert {stack.ask(path).headers["X-Cache"] for _ in range(2)} == {"BYPASS"}


def test_a_busy_site_answers_for_itself(proxy):
    response = proxy.ask("/busy/", method="POST", body="name=kept")
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert json.loads(response.body)["body"] == "name=kept"


# Trouble -------------------------------------------------------------------------------------


def is_our_page(response) -> bool:
    text = response.body.decode()
    assert PHONE in text
    assert "tel:988" in text
    assert '<link rel="stylesheet" href="/static/css/site.css">' in text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Server"] == "nginx"
    return True


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/consult/"), ("POST", "/consult/")])
def test_while_the_site_is_away_people_are_given_the_phone(away, method, path):
    response = away.ask(path, method=method, body=f"name={CANARY}" if method == "POST" else None)
    assert (response.status, response.headers["Retry-After"]) == (503, "30")
    assert is_our_page(response)
    assert CANARY not in response.body.decode()
    style = away.ask("/static/css/site.css")
    assert b"body{" in style.body
    assert style.headers["X-Content-Type-Options"] == "nosniff"
    assert style.headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert style.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_readers_see_the_last_page_while_the_site_is_away(stack):
    pages = {path: stack.ask(path).body for path in ("/", "/articles/")}
    stack.stop("web")
    try:
        time.sleep(2.1)  # the second for which they are kept, and the one after
        for path, body in pages.items():
            response = stack.ask(path)
            assert (response.status, response.headers["X-Cache"]) == (200, "STALE")
            assert response.body == body
        assert stack.ask("/consult/").status == 503
    finally:
        stack.start_web()


def test_too_much_is_refused_in_our_own_words(proxy):
    before = len(proxy.asked)
    response = proxy.ask("/consult/", method="POST", body="n" * 65_537)
    assert response.status == 413
    assert is_our_page(response)
    for response in (proxy.ask("/", headers={"Cookie": "a" * 5000}), proxy.ask("/" + "a" * 5000)):
        assert response.status == 431
        assert is_our_page(response)
    assert len(proxy.asked) == before
    assert proxy.ask("/consult/", method="POST", body="n" * 65_536).status == 200


def test_photos_of_staff_pass(proxy):
    assert len(json.loads(proxy.ask("/admin/photo/", method="POST", body="n" * 1_000_000).body)["body"]) == 1_000_000
    assert proxy.ask("/admin/photo/", method="POST", body="n" * 43_000_000).status == 413


# The logs ------------------------------------------------------------------------------------


def test_logs_tell_what_happened_and_of_nobody(away):
    away.ask(f"/?name={CANARY}", headers={"Referer": f"https://x.example/{CANARY}", "User-Agent": CANARY})
    away.ask(f"/{CANARY}/")
    away.ask("/dana@mail.example")
    away.ask(f"/preview/{CANARY}/")
    away.ask("/consult/thanks/K7P2M9QX/")
    away.ask("/consult/", method="POST", body=f"name={CANARY}")
    away.ask("/articles/ketamine/")
    away.connect().close()
    time.sleep(0.2)
    lines = [json.loads(line) for line in away.access_log.splitlines()]
    paths = {line["path"] for line in lines}
    assert {"/", "(other)", "/preview/…", "/consult/thanks/…", "/consult/", "/articles/ketamine/"} <= paths
    assert {line["status"] for line in lines} >= {503}
    for secret in ("Zebra", "555-0199", "5550199", "dana", "K7P2M9QX", "127.0.0.1", "x.example"):
        assert secret not in away.access_log + away.said, secret
