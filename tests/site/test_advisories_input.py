"""What the security advisories of 2024 to 2026 warn of: what arrives in headers, addresses, numbers and mails."""

import logging
import smtplib
import socket
import threading

import pytest
from django.conf import settings as site_settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.forms import DateField, DecimalField, FloatField, IntegerField, TimeField
from django.test import Client
from django.urls import get_resolver

from clinic_site.core import page_cache, page_key
from clinic_site.core.logs import JsonFormatter, PrivateFormatter
from clinic_site.core.models import OutboxMessage
from clinic_site.core.smtp import Backend
from consults.models import ConsultRequest
from tests.core.test_page_cache import PAGE, Answered, Site, cache
from tests.factories.consults import make_recipient
from tests.factories.posts import make_post

pytestmark = pytest.mark.django_db
EVIL = "x%0a2026-01-01 CRITICAL root forged%0d%1b[2J%e2%80%a8%c2%85y"

# Lines in the log --------------------------------------------------------------------------------------
# CVE-2025-48432, CVE-2026-111211.


@pytest.mark.parametrize("formatter", [PrivateFormatter(), JsonFormatter()])
def test_nobody_writes_a_line_of_the_log(client, caplog, formatter, settings):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="django.request")  # silent by our settings: whoever turns it on is safe, too
    settings.TRUST_PROXY = True
    client = Client(raise_request_exception=False)
    raw = "forged\n\x1b[2J\u2028\x85 forged"
    for method in ("get", "post", "put"):
        for path in (f"/{EVIL}/", f"/media/{EVIL}", f"/static/{EVIL}", f"/admin/{EVIL}/", f"/articles/{EVIL}/"):
            getattr(client, method)(
                path, headers={"user-agent": raw, "referer": raw, "x-request-id": raw, "origin": raw}
            )
        getattr(client, method)("/about/", headers={"host": "x\nforged", "x-forwarded-for": raw})
    client.generic("FORGED\n\x1b[2J", "/")
    lines = [line for record in caplog.records for line in formatter.format(record).split("\n")]
    assert len(lines) > 15
    assert not any(mark in line for line in lines for mark in ("forged", "FORGED", "\x1b", "\r", "\u2028", "\x85"))


# Languages ------------------------------------------------------------------------------------------------
# CVE-2024-39614, CVE-2026-15337, CVE-2026-77050.


@pytest.mark.usefixtures("content")
def test_no_language_is_asked_for(client, settings):
    assert not settings.USE_I18N
    assert "LocaleMiddleware" not in str(settings.MIDDLEWARE)
    assert not any("setlang" in str(pattern.pattern) for pattern in get_resolver().url_patterns)
    plain = client.get("/about/").content
    for said in ("de", "en-" + "x" * 8000, ",".join(["en-us;q=0.1"] * 600), "*-" * 4000):
        client.cookies["django_language"] = said[:4000]
        response = client.get("/about/", headers={"accept-language": said})
        assert response.content == plain
        assert "language" not in response.headers.get("Vary", "").lower()


# Caches ---------------------------------------------------------------------------------------------------
# CVE-2026-6907, CVE-2026-8404, CVE-2026-35192, CVE-2026-35193, CVE-2026-48587, CVE-2026-48588, CVE-2026-113593.

NOT_FOR_ALL = [
    [("Cache-Control", "Private")],
    [("Cache-Control", "PRIVATE, max-age=60")],
    [("Cache-Control", "No-Store")],
    [*PAGE, ("Vary", " * ")],
    [*PAGE, ("Vary", "Accept-Encoding ,\tCOOKIE ")],
    [*PAGE, ("Vary", "authorization")],
    [*PAGE, ("SET-COOKIE", "session=1")],
]


@pytest.mark.parametrize("headers", NOT_FOR_ALL)
def test_a_page_for_one_reader_is_never_kept_however_its_headers_are_written(headers):
    site = Site(headers=headers)
    pages = cache(site)
    for _ in range(2):
        Answered(pages, "/")
    assert len(site.asked) == 2


def test_an_empty_header_is_not_a_missing_one():
    site = Site()
    pages = cache(site)
    for environ in ({}, {"HTTP_COOKIE": ""}, {"HTTP_AUTHORIZATION": ""}, {"HTTP_COOKIE": "theme=dark"}):
        Answered(pages, "/", **environ)
    assert len(site.asked) == 4


def test_what_visitors_make_up_fills_no_memory():
    """CVE-2026-77050 and CVE-2026-15337, as our own page cache would have them: keys of any length, remembered."""
    remembered = (page_key._parameters, page_key._is_our_host)
    for function in remembered:
        function.cache_clear()
    pages = cache(Site())
    for number in range(30):
        Answered(pages, f"/{number}{'x' * 8000}/")
        Answered(pages, "/", HTTP_HOST=f"{number}.{'x' * 8000}")
    assert [function.cache_info().currsize for function in remembered] == [0, 0]
    page_cache._encoding.cache_clear()
    for number in range(30):
        Answered(pages, "/", HTTP_ACCEPT_ENCODING=f"gzip;q=0.5,{'x' * 600}{number}")
    assert page_cache._encoding.cache_info().currsize == 1


@pytest.mark.usefixtures("content")
def test_a_page_with_a_cookie_is_kept_by_no_proxy(client):
    """A cookie that is none of ours is answered with a fresh one, or with none: neither is for the next reader."""
    assert not site_settings.SESSION_SAVE_EVERY_REQUEST
    for path in ("/", "/about/", "/articles/"):
        plain = client.get(path, headers={"cookie": "theme=dark"})
        assert "public" in plain.headers["Cache-Control"]
        assert not plain.cookies
        for cookie in ("session=made-up", "csrf=made-up", "theme=dark; session=made-up; csrf=made-up"):
            given = Client().get(path, headers={"cookie": cookie})
            assert given.cookies
            assert given.headers["Cache-Control"] == "private, no-store"
            assert "X-Accel-Expires" not in given.headers


# Numbers and addresses -----------------------------------------------------------------------------------
# CVE-2024-24680, CVE-2024-41989 (numbers), CVE-2024-56374 (IPv6).

HUGE = ["9" * 100_000, "1e9999999", "-1E+1000000", "٣" * 50_000, "Infinity", "nan", "1_0" * 9999]


def test_no_number_in_a_form_of_staff_is_too_large_to_be_refused(rf):
    request = rf.get("/")
    request.user = User.objects.create_superuser("all")
    forms = []
    for options in admin.site._registry.values():
        if options.has_change_permission(request):
            inlines = options.get_inline_instances(request)
            forms += [options.get_form(request), *(inline.get_formset(request).form for inline in inlines)]
    kinds = (IntegerField, DecimalField, FloatField, DateField, TimeField)
    fields = [field for form in forms for field in form.base_fields.values() if isinstance(field, kinds)]
    assert len(fields) > 10
    for field in fields:
        for value in HUGE:
            with pytest.raises(ValidationError):
                field.clean(value)


@pytest.mark.usefixtures("content")
def test_an_address_that_is_none_is_nobodys(client, settings):
    settings.TRUST_PROXY = True
    for said in (
        ":" * 8000,
        "::1" * 2000,
        "1:" * 4000,
        "f" * 8000,
        "::" + "0" * 8000,
        "fe80::1%" + "x" * 8000,
        "1.1.1.1\0",
    ):
        response = client.post("/consult/", make_post(), headers={"x-forwarded-for": said})
        assert response.status_code == 303, said[:20]
    assert ConsultRequest.objects.count() == 1  # the same answers each time


# Mails -----------------------------------------------------------------------------------------------------
# CVE-2026-7666 (STARTTLS that fails), CVE-2026-53878 (a line end in a domain).


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")  # Django drops the broken connection unclosed
def test_a_mail_is_never_sent_in_the_clear_when_starttls_fails():
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_break_starttls, args=(listening, heard), daemon=True).start()
        port = listening.getsockname()[1]
        connection = Backend(host="127.0.0.1", port=port, use_tls=True, fail_silently=True, timeout=5)
        for _ in range(2):
            message = mail.EmailMessage("canary", "canary", "site@clinic.example", ["desk@clinic.example"])
            try:
                sent = connection.send_messages([message])
            except (smtplib.SMTPException, OSError):
                sent = 0
            assert not sent
    text = b"".join(heard).lower()
    assert b"starttls" in text
    assert b"mail from" not in text
    assert b"canary" not in text


def _break_starttls(listening: socket.socket, heard: list[bytes]) -> None:
    """Offer STARTTLS, break it, and go on as if nothing had been."""
    while True:
        try:
            connected, _ = listening.accept()
        except OSError:
            return
        with connected:
            connected.sendall(b"220 here\r\n")
            while said := connected.recv(4096):
                heard.append(said)
                if said[:1] == b"\x16":  # the start of TLS
                    connected.sendall(b"454 no TLS today\r\n")
                elif said.upper().startswith(b"EHLO"):
                    connected.sendall(b"250-here\r\n250 STARTTLS\r\n")
                else:
                    connected.sendall(b"250 fine\r\n")


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "%0a"])
def test_no_line_end_of_a_form_comes_into_a_header(client, end):
    make_recipient()
    evil = f"dana@mail.example{end}Bcc: evil@evil.example"
    for fields in ({"email": evil, "contact_by": "email"}, {"name": f"Dana{end}Bcc: evil"}):
        client.post("/consult/", make_post(**fields))
    assert ConsultRequest.objects.count() == 1  # the name, on one line
    assert OutboxMessage.objects.exists()
    for message in OutboxMessage.objects.all():
        assert "evil" not in message.to_address + message.subject
        assert len(f"{message.to_address}{message.subject}".splitlines()) == 1
