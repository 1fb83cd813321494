"""The fault classes of Django's security advisories of 2024 to 2026 that touch a site like this, tried on ours.

SECURITY.md lists every advisory. Input is as hostile as our limits let through; times are far above what a
linear algorithm takes and far below what a quadratic one would.
"""

import logging
import re
import time
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from articles.models import Reference
from articles.plain_text import plain_text
from clinic_site.core.html import clean_html, text_lines
from clinic_site.core.logs import PrivateFormatter
from clinic_site.core.models import Picture
from clinic_site.core.page_cache import PageCache
from consults.cleaning import clean_email, dialable, one_line
from consults.models import ConsultRequest
from tests.core.test_page_cache import MEGABYTE, PAGE, Answered, Site
from tests.factories.articles import make_reference
from tests.factories.consults import make_role
from tests.factories.locations import make_location
from tests.factories.pictures import phone_photo
from tests.factories.posts import make_post

pytestmark = pytest.mark.django_db
SECONDS = 5


@contextmanager
def in_time():
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


# Caches: 2026-48588, 2026-8404, 2026-35193, 2026-48587, 2026-6907, 2026-35192 ------------------------


@pytest.mark.parametrize(
    "headers",
    [
        [("Set-Cookie", "session=x")],
        [("set-cookie", "session=x")],
        [("Vary", "*")],
        [("Vary", " Cookie ")],
        [("Vary", "Accept-Encoding,\tCOOKIE")],
        [("Vary", "Authorization")],
        [("Cache-Control", "Public, PRIVATE")],
        [("Cache-Control", "public, No-Store")],
        [("Cache-Control", "public,\tno-cache")],
        [("Cache-Control", 'private="x-public"')],
    ],
)
def test_an_answer_for_one_reader_is_never_kept(headers):
    names = {name.lower() for name, _ in headers}
    site = Site(headers=[*(pair for pair in PAGE if pair[0].lower() not in names), *headers])
    pages = PageCache(site, stamp=lambda: 1, most_bytes=MEGABYTE)
    for _ in range(2):
        assert Answered(pages, "/about/").status == 200
    assert len(site.asked) == 2


@pytest.mark.parametrize("name", ["HTTP_COOKIE", "HTTP_AUTHORIZATION"])
def test_who_says_who_they_are_gets_no_kept_page_and_leaves_none(name):
    site = Site()
    pages = PageCache(site, stamp=lambda: 1, most_bytes=MEGABYTE)
    Answered(pages, "/about/", **{name: "x"})
    Answered(pages, "/about/")
    Answered(pages, "/about/", **{name: "x"})
    assert [name in environ for environ in site.asked] == [True, False, True]


def test_pages_of_readers_begin_no_session(client, content):
    assert not settings.SESSION_SAVE_EVERY_REQUEST
    for path in ("/", "/articles/", "/consult/"):
        client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
        assert client.get(path).cookies == {}


# Long texts: 2024-27351, 2024-38875, 2024-41990, 2024-41991, 2024-45230, 2024-53907, 2025-26699, 2025-32873,
# 2026-1285, 2024-56374, 2026-25673 -------------------------------------------------------------------

LONG = [
    "<" * 60_000,
    "<a" * 30_000,
    "&" * 60_000,
    "<!--" * 15_000,
    "x " * 30_000,
    "((" * 30_000,
    "１" * 20_000,
    "<p>" * 20_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:4])
def test_a_long_text_is_cleaned_in_time(text):
    with in_time():
        assert isinstance(one_line(text), str)
    with in_time():
        cleaned = clean_html(text)
    with in_time():  # nothing takes the words out of what was not cleaned
        assert plain_text(cleaned) == text_lines(cleaned).replace("\n", " ")


@pytest.mark.parametrize(
    "text", [*LONG, "1" * 60_000, "+1-" * 20_000, "a@" * 30_000, "a@b." * 15_000], ids=lambda text: text[:4]
)
def test_a_long_number_or_address_is_refused_in_time(text):
    with in_time(), suppress(ValidationError):
        assert dialable(text) == ""
    with in_time(), suppress(ValidationError):
        assert clean_email(text) == ""


@pytest.mark.parametrize("text", ["<" * 9_000, "x" * 9_000, "１ " * 3_000, '"' * 9_000, "a* " * 3_000, "%00" * 3_000])
def test_a_long_search_is_answered_in_time(client, content, text):
    with in_time():
        assert client.get("/search/", {"q": text}).status_code == 200


# Headers and multipart: 2026-84429, 2024-39614, 2026-15337, 2026-77050, 2026-33033, 2024-56374 ---------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept-language", "en-" * 2_700),
        ("accept-language", "e" * 8_000),
        ("accept", "text/html;" * 800),
        ("accept-encoding", "br;q=0." + "0" * 8_000),
        ("accept-encoding", "gzip," * 1_600),
        ("if-none-match", '"x",' * 2_000),
        ("if-modified-since", "Sun, " * 1_600),
        ("x-forwarded-for", "1:" * 4_000),
        ("x-forwarded-for", "::," * 2_700),
        ("x-request-id", "a" * 8_000),
        ("origin", "http://" * 1_100),
        ("host", "clinic.example:" * 500),
    ],
)
def test_a_long_header_is_read_in_time(content, settings, name, value):
    settings.TRUST_PROXY = True
    with in_time():
        for path in ("/", "/not-there/"):
            assert Client().get(path, headers={name: value}).status_code in {200, 304, 400, 404}
    assert "django.middleware.locale.LocaleMiddleware" not in settings.MIDDLEWARE


@pytest.mark.parametrize("boundary", ["x" + ";a=b" * 1_900, "x" * 7_000])
def test_a_long_content_type_is_read_in_time(client, boundary):
    kind = f"multipart/form-data; boundary={boundary}"
    with in_time():
        answer = client.generic("POST", "/consult/", b"--x\r\n" * 10_000, content_type=kind)
    assert answer.status_code in {400, 422}


def test_a_form_in_base64_is_read_in_time(client):
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    with in_time():
        body = head + b" \n" * 30_000 + b"\r\n--x--\r\n"
        answer = client.generic("POST", "/consult/", body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code in {400, 422}


# Numbers: 2024-24680, 2024-41989 ---------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1e9999999", "9" * 8_000, "-1", "1_0", "٣", "NaN"])
def test_a_large_number_in_an_address_is_no_fault_of_ours(client, content, value):
    manager = Client()
    manager.force_login(make_role("Manager", username="manager"))
    with in_time():
        assert client.get("/articles/", {"page": value}).status_code in {200, 404}
        for query in ({"p": value}, {"from": value, "to": value}, {"o": value}):
            for path in ("/admin/consults/consultrequest/", "/admin/consults/consultrequest/reports/"):
                assert manager.get(path, query).status_code in {200, 302, 400, 404, 422}


# Statements: 2024-42005, 2024-53908, 2025-13372, 2025-57833, 2025-59681, 2025-64459, 2026-1287, 2026-1312


@pytest.mark.parametrize(
    "query",
    [
        {"_connector": "OR 1=1 --"},
        {"_negated": "1"},
        {'phone"; --': "1"},
        {"location__name\x01": "1"},
        {"detail__has_key": "x"},
        {"stage__exact": "waiting') OR 1=1 --"},
        {"stage__regex": "(a+)+$"},
        {"name__startswith": "D"},
        {"phone_hash__startswith": "a"},
        {"owner__password__startswith": "argon2"},
        {"o": "1.-2.x"},
        {"_to_field": "phone_hash"},
    ],
)
def test_what_an_address_asks_for_reaches_no_statement_unasked(query):
    location = make_location(name="Auburn")
    ConsultRequest.objects.all().delete()
    desk = Client()
    desk.force_login(make_role("Front desk", username="desk"))
    answer = desk.get("/admin/consults/consultrequest/", query)
    assert answer.status_code in {200, 302, 400, 403}, location
    if answer.status_code == 302:
        assert answer["Location"].endswith("?e=1")


# Staff pages: 2026-15920, 2026-4292, 2026-4277, 2026-87975, 2024-39330, 2025-48432, 2026-53878 ---------


def test_an_address_that_is_a_script_is_no_link_in_the_admin():
    reference = make_reference("bad2024")
    Reference.objects.filter(pk=reference.pk).update(link="javascript:alert(1)")
    boss = Client()
    boss.force_login(make_role("Manager", username="manager"))
    for name in ("changelist", "change"):
        args = [reference.pk] if name == "change" else []
        html = boss.get(reverse(f"admin:articles_reference_{name}", args=args)).content.decode()
        assert not re.search(r"""href=["']?\s*javascript:""", html, re.IGNORECASE)


def test_no_list_can_be_edited_in_place_and_no_row_chooses_its_key():
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.list_editable, model
        for inline in model_admin.inlines:
            assert inline.model._meta.pk.auto_created or not inline.model._meta.pk.editable, inline
            assert "Generic" not in " ".join(base.__name__ for base in inline.__mro__), inline


@pytest.mark.parametrize(
    "name", ["../../../evil.jpg", "..\\..\\evil.jpg", "/etc/evil.jpg", "a\x00.jpg", ".", "x" * 300 + ".jpg"]
)
def test_a_file_lies_where_we_say_whatever_its_name(name):
    boss = Client()
    boss.force_login(make_role("Manager", username="manager"))
    file = SimpleUploadedFile("a.jpg", phone_photo(), content_type="image/jpeg")
    file._name = name
    boss.post(
        reverse("admin:core_picture_add"),
        {"file": file, "title": "A door", "alt": "A door.", "focal_x": 50, "focal_y": 50},
    )
    stored = Picture.objects.values_list("file", flat=True)
    assert all(re.fullmatch(r"pictures/[\w-]+\.jpg", path) and "evil" not in path for path in stored)


def test_what_stands_in_an_address_begins_no_line_of_the_log(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/x%0d%0a2026-01-01 INFO forged line%1b[31m/")
        client.get("/admin/%0aforged/")
    lines = [PrivateFormatter().format(record) for record in caplog.records]
    assert lines
    assert not any("forged" in line or "\x1b" in line for line in lines)


@pytest.mark.parametrize("added", ["\nBcc: x@evil.example", "\r\n\r\nx", "\n"])
def test_no_line_of_a_mail_is_somebody_else_s(client, content, added):
    answer = client.post("/consult/", make_post(email=f"dana@mail.example{added}"))
    assert answer.status_code in {303, 422}
    assert all("\n" not in request.email and "evil" not in request.email for request in ConsultRequest.objects.all())
