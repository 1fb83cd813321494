"""How much a request may bring along, asked of the site as a server asks it."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from clinic_site.core.models import Picture
from consults.models import ConsultRequest
from tests.factories.posts import make_post
from tests.site.test_hostile_posts import FORM, GOOD, MULTIPART, PATHS, handler, part, post  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

LIMIT = 65_536


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("manager"))
    return client


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("kind", [FORM, MULTIPART])
@pytest.mark.parametrize("path", PATHS)
def test_a_public_form_takes_64_kilobytes(handler, path, kind):  # noqa: F811
    if kind == FORM:
        fits = GOOD + b"&x=" + b"x" * (LIMIT - len(GOOD) - 3)
    else:
        around = part("x", b"") + b"--x--\r\n"
        fits = part("x", b"x" * (LIMIT - len(around))) + b"--x--\r\n"
    assert len(fits) == LIMIT
    assert post(handler, path, kind, fits)[0] != 413
    before = ConsultRequest.objects.count()
    status, page = post(handler, path, kind, b"x" + fits)
    assert status == 413
    assert "(205) 557-2253" in page
    assert "This form takes 64 kB at most" in page
    assert ConsultRequest.objects.count() == before


class NotToBeRead(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise AssertionError("read")


@pytest.mark.usefixtures("content")
def test_what_is_too_large_is_refused_unread(handler):  # noqa: F811
    for path in PATHS:
        for kind in (FORM, MULTIPART):
            assert post(handler, path, kind, NotToBeRead(), length=LIMIT + 1)[0] == 413


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("length", ["abc", "-1", "-500", "+5", "1_000", "5, 5", "0x10", "٣", "9" * 5000, "1.5"])
def test_a43_a_length_that_is_none_is_refused_not_stumbled_over(handler, length):  # noqa: F811
    for path in PATHS:
        for kind in (FORM, MULTIPART):
            status, page = post(handler, path, kind, GOOD, length=length)
            assert status == 400, (path, kind)
            assert "(205) 557-2253" in page


def post_chunks(client, stream) -> tuple[int, str]:
    """Return status and page of a POST that does not say how long it is."""
    environ = {"CONTENT_TYPE": FORM, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream}
    answer = client.generic("POST", "/consult/", **environ)
    return answer.status_code, answer.content.decode()


@pytest.mark.usefixtures("content")
def test_a_form_without_a_length_is_read_when_it_comes_in_chunks(client):
    for size, status in ((10, 303), (LIMIT, 413)):
        assert post_chunks(client, io.BytesIO(GOOD + b"&x=" + b"x" * size))[0] == status
    assert ConsultRequest.objects.get().name == "Dana"


@pytest.mark.usefixtures("content")
def test_a43_chunks_that_are_none_are_refused(client):
    """Each server raises an error of its own when it reads them."""
    status, page = post_chunks(client, NotToBeRead())
    assert status == 400
    assert "(205) 557-2253" in page


# Staff -------------------------------------------------------------------------------------------


def test_staff_may_send_a_long_article_but_not_everything(staff):
    page = {"title": "Long", "slug": "long", "summary": "x" * 40, "position": 0, "body": f"<p>{'word ' * 60_000}</p>"}
    assert staff.post("/admin/core/page/add/", page).status_code == 302
    answer = staff.post("/admin/core/page/add/", {**page, "slug": "longer", "body": "x" * 2_600_000})
    assert answer.status_code == 413
    assert "This form takes 2.5 MB at most" in answer.content.decode()


def test_a_photo_may_be_as_large_as_its_form_says(staff):
    fields = {"title": "Room", "alt": "A room", "focal_x": "50", "focal_y": "50"}
    for size, status, words in (
        (39_000_000, 200, "This file is not a picture we can use"),
        (40_100_000, 200, "The limit is 40 MB"),
        (41_100_000, 413, "go back and send it once more. A photo may have 40 MB."),
    ):
        answer = staff.post("/admin/core/picture/add/", {**fields, "file": SimpleUploadedFile("x.jpg", b"x" * size)})
        assert answer.status_code == status
        assert words in answer.content.decode()
    assert not Picture.objects.exists()


def test_only_who_is_signed_in_may_send_that_much(client):
    answer = client.post("/admin/core/picture/add/", {"file": SimpleUploadedFile("x.jpg", b"x" * 100_000)})
    assert answer.status_code == 413
    assert "you have been signed out meanwhile" in answer.content.decode()
    assert "you have been signed out" not in client.post("/consult/", make_post(note="x" * LIMIT)).content.decode()


def test_a_large_form_meets_a_broken_database(staff, monkeypatch):
    def away(request):
        raise OperationalError

    monkeypatch.setattr("clinic_site.core.body_limits._limit_for", away)
    answer = staff.post("/admin/core/page/add/", {"body": "x" * 100_000})
    assert answer.status_code == 503
