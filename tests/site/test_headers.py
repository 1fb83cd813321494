"""Every answer carries the same set of headers: pages, refusals, files, redirects, the admin."""

from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from articles.models import Article
from articles.sharing import picture_path
from clinic_site.core.models import ClinicIdentity, Redirect
from tests.factories.locations import make_location
from tests.factories.pictures import ready_picture
from tests.factories.posts import make_post

from .authorisation import PAGES
from .everything import make_everything, make_staff
from .headers import ADMIN, AROUND_A_FRAME, IN_A_FRAME, MEDIA, NOTHING, PAGE, SIGN_IN, faults
from .pages import ERROR_PATHS, PATHS, SEARCHES
from .test_authorisation import address, named_pages
from .test_every_page import FILES

pytestmark = pytest.mark.django_db

STATIC = ["css/site.css", "js/form.js", "img/favicon.svg", "img/icon-192.png", "fonts/zero.woff2"]
# Pages of the admin that carry other policies than the rest.
POLICIES = {"articles_preview": AROUND_A_FRAME, "articles_preview_page": IN_A_FRAME}


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.urls("tests.urls")
@pytest.mark.usefixtures("content")
def test_public_answers_carry_every_header(visitor):
    found = {}
    for path in [*PATHS, *SEARCHES, *ERROR_PATHS]:
        found[path] = faults(visitor.get(path).headers, PAGE)
    for path in FILES:
        found[path] = faults(visitor.get(path).headers, NOTHING)
        found[f"POST {path}"] = faults(visitor.post(path).headers, NOTHING)  # 405
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.usefixtures("content")
def test_what_the_form_answers_carries_every_header(visitor):
    sent = visitor.post("/consult/", make_post())
    with mock.patch("consults.views.receive_consult", side_effect=OperationalError):
        away = visitor.post("/consult/", make_post())
    answers = {
        303: (sent, NOTHING),
        200: (visitor.get(sent.headers["Location"]), PAGE),
        422: (visitor.post("/consult/", {}), PAGE),
        413: (visitor.post("/consult/", {"name": "x" * 70_000}), PAGE),
        503: (away, PAGE),
    }
    for status, (answer, policy) in answers.items():
        assert answer.status_code == status
        assert faults(answer.headers, policy) == [], status


@pytest.mark.usefixtures("content")
def test_files_and_redirects_carry_every_header(visitor):
    Redirect.objects.create(old_path="/old/", new_path="/about/", created_at=timezone.now())
    article, clinic = Article.objects.published(timezone.now()).for_cards().first(), ClinicIdentity.load()
    picture = ready_picture(Image.new("RGB", (50, 40)))
    static = [staticfiles_storage.url(name) for name in STATIC]
    asked = visitor.get(static[0])
    b"".join(asked)  # after its last byte the file is closed
    unchanged = asked.headers["ETag"]
    answers = {
        "HEAD": (visitor.head("/about/"), PAGE),
        "old address": (visitor.get("/old/"), NOTHING),
        "no slash": (visitor.get("/about"), NOTHING),
        "favicon": (visitor.get("/favicon.ico"), NOTHING),
        "not modified": (visitor.get(static[0], headers={"if-none-match": unchanged}), NOTHING),
        "readyz": (visitor.get("/readyz"), NOTHING),
        "share": (visitor.get(clinic.share_picture_path), NOTHING),
        "share an article": (visitor.get(picture_path(article, clinic)), NOTHING),
        "picture": (visitor.get(picture.file.url), MEDIA),
        "no picture": (visitor.get("/media/none.jpg"), PAGE),
        "unknown host": (visitor.get("/", headers={"host": "evil.example"}), PAGE),
        **{path: (visitor.get(path), NOTHING) for path in static},
    }
    assert answers["not modified"][0].status_code == 304
    assert answers["share an article"][0].status_code == answers["picture"][0].status_code == 200
    assert {
        name: wrong for name, (answer, policy) in answers.items() if (wrong := faults(answer.headers, policy))
    } == {}
    for answer, _ in answers.values():
        b"".join(answer)


@pytest.mark.either
def test_the_admin_carries_every_header(visitor, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("zeal.")]
    location = make_location(name="Auburn")
    rows = make_everything(location, signer=make_staff(location)["Clinician"])
    visitor.force_login(User.objects.create_superuser("root"))
    found, seen, kept = {}, set(), set()
    for name, page in named_pages():
        answer = visitor.get(address(name, page, rows))
        is_html = answer.headers.get("Content-Type", "").startswith("text/html")
        policy = POLICIES.get(name, ADMIN) if is_html and answer.status_code < 300 else NOTHING
        if answer.status_code in (403, 404):
            policy = PAGE if answer.content else NOTHING
        seen.add(answer.status_code)
        if is_html and answer.status_code == 200:
            kept.add(name) if "no-store" not in answer.headers.get("Cache-Control", "") else None
        found[name] = faults(answer.headers, policy)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {200, 302, 405} <= seen
    assert kept == set()
    assert len(found) == len(PAGES)
    assert faults(Client().get(reverse("account_login")).headers, SIGN_IN) == []
    assert faults(Client().get(reverse("admin:index")).headers, NOTHING) == []  # on to the sign-in page


@pytest.mark.urls("tests.urls")
def test_https_answers_tell_browsers_to_stay_with_it(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    visitor = Client(raise_request_exception=False)
    static = staticfiles_storage.url(STATIC[0])
    for path, policy in {"/errors/500/": PAGE, "/errors/503/": PAGE, "/robots.txt": NOTHING, static: NOTHING}.items():
        answer = visitor.get(path, secure=True)
        assert faults(answer.headers, policy, is_secure=True) == [], path
        b"".join(answer)


@pytest.mark.usefixtures("content")
def test_every_text_says_in_which_letters_it_is_written(visitor):
    static = [staticfiles_storage.url(name) for name in STATIC]
    seen = set()
    for path in [*PATHS, *SEARCHES, *FILES, "/art/x.svg", *static]:
        answer = visitor.get(path)
        b"".join(answer)
        kind, _, more = answer.headers["Content-Type"].partition(";")
        seen.add(kind)
        if kind.startswith("text/") or kind.endswith("xml"):
            assert more.strip().replace('"', "") == "charset=utf-8", path
        else:
            assert kind in {"application/json", "application/manifest+json", "image/png", "image/jpeg", "font/woff2"}
    assert {"text/html", "text/css", "text/javascript", "image/svg+xml", "application/xml", "text/plain"} <= seen
