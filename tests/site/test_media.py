"""Pictures as readers get them: the markup on the pages, the bytes behind it, and what stands in for a lost file."""

import io
import logging
import os
import re
import shutil
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from articles.models import Article
from clinic_site.core.media_files import FileUnreadable
from clinic_site.core.models import Picture
from clinic_site.media import POLICY, Store
from locations.models import Location
from tests.admin.page import text_of
from tests.articles.admin_client import save, unchanged
from tests.factories.articles import add_figure, make_article
from tests.factories.locations import make_clinician, make_location, make_photo
from tests.factories.pictures import phone_photo, ready_picture, upload_picture

from .pages import PATHS

pytestmark = pytest.mark.django_db


def photo(width: int = 1700, height: int = 1100) -> Image.Image:
    return Image.new("RGB", (width, height), "green")


def address(name: str) -> str:
    return reverse("site:media", args=[name])


def body(response) -> bytes:
    """Return all that was sent; after the last byte the file is closed."""
    return b"".join(response)


def published_with(*pictures: Picture) -> Article:
    article = make_article(published_at=timezone.now() - timedelta(minutes=1))
    for picture in pictures:
        add_figure(article, picture=picture, caption="A caption.")
    return article


@pytest.fixture
def manager(db) -> User:
    return User.objects.create_superuser("manager")


# The markup --------------------------------------------------------------------------------------


def test_until_the_worker_was_there_the_upload_itself_is_shown(client):
    picture = upload_picture(photo(600, 400))
    html = client.get(published_with(picture).get_absolute_url()).content.decode()
    found = re.search(r'<figure class="figure"><picture>(.*?)</picture>', html)[1]
    assert found == (
        f'<img src="{picture.url}" alt="A green door." width="600" height="400" loading="lazy" decoding="async">'
    )


def test_a_figure_offers_each_kind_in_each_width_with_its_box(client):
    picture = ready_picture(photo())
    html = client.get(published_with(picture).get_absolute_url()).content.decode()
    found = re.search(r'<figure class="figure"><picture>(.*?)</picture>', html)[1]
    sources = re.findall(r'<source type="([^"]+)" srcset="([^"]+)" sizes="([^"]+)">', found)
    assert [kind for kind, _, _ in sources] == ["image/avif", "image/webp"]
    img = re.search(r"<img (.*?)>", found)[1]
    assert 'width="1600" height="1035" loading="lazy"' in img
    srcsets = [*(srcset for _, srcset, _ in sources), re.search(r'srcset="([^"]+)"', img)[1]]
    for srcset, suffix in zip(srcsets, (".avif", ".webp", ".jpg"), strict=True):
        offers = [offer.split(" ") for offer in srcset.split(", ")]
        assert [width for _, width in offers] == ["480w", "800w", "1200w", "1600w"]
        for url, _ in offers:
            assert url.startswith("/media/pictures/")
            assert url.endswith(suffix)
            assert Image.open(io.BytesIO(body(client.get(url)))).width in (480, 800, 1200, 1600)
    assert len({sizes for _, _, sizes in sources} | {re.search(r'sizes="([^"]+)"', img)[1]}) == 1


def test_a_clinics_page_shows_photos_and_people_in_crops_around_their_focal_point(client):
    location = make_location(name="Auburn")
    picture = ready_picture(photo(), focal_x=20)
    make_photo(location, picture=picture)
    make_clinician(location, photo=picture)
    html = client.get(location.get_absolute_url()).content.decode()
    photos, people = (re.search(rf'class="{name}">(.*?)</ul>', html, re.DOTALL)[1] for name in ("photos", "people"))
    assert 'width="1200" height="750"' in photos
    assert "-card-20-50-1200.avif 1200w" in photos
    assert 'width="480" height="480"' in people
    assert "-square-20-50-480.avif 480w" in people


def test_before_the_worker_a_crop_already_has_its_box(client):
    location = make_location(name="Auburn")
    make_photo(location, picture=upload_picture(photo()))
    html = client.get(location.get_absolute_url()).content.decode()
    assert 'alt="A green door." width="1700" height="1062" loading="lazy"' in html


def test_decoration_has_an_empty_text_and_words_are_escaped(client):
    plain = ready_picture(photo(50, 40), alt="", is_decorative=True)
    quoted = ready_picture(photo(50, 40), alt='A "green" <door>')
    html = client.get(published_with(plain, quoted).get_absolute_url()).content.decode()
    figures = re.findall(r'<figure class="figure">.*?alt="([^"]*)"', html)
    assert [unescape(alt) for alt in figures] == ["", 'A "green" <door>']


@pytest.mark.parametrize("where", ["figures", "photos", "clinicians"])
def test_three_pictures_cost_as_many_queries_as_one_and_open_no_file(client, monkeypatch, where):
    location, article = make_location(name="Auburn"), published_with(ready_picture(photo(50, 40)))

    def add() -> None:
        picture = ready_picture(photo(50, 40))
        if where == "figures":
            add_figure(article, picture=picture)
        elif where == "photos":
            make_photo(location, picture=picture)
        else:
            make_clinician(location, photo=picture)

    def queries() -> int:
        path = article.get_absolute_url() if where == "figures" else location.get_absolute_url()
        with CaptureQueriesContext(connection) as captured, monkeypatch.context() as patch:
            patch.setattr(type(default_storage._wrapped), "_open", lambda *args: pytest.fail("a file was opened"))
            assert client.get(path).status_code == 200
        return len(captured)

    add()
    first = queries()
    add()
    add()
    assert queries() == first


# The bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content_type"), [("avif", "image/avif"), ("webp", "image/webp"), ("jpg", "image/jpeg")]
)
def test_a32_a_picture_is_sent_as_what_it_is_and_can_run_nothing(client, kind, content_type):
    row = ready_picture(photo(50, 40)).renditions.get(shape="whole", kind=kind)
    response = client.get(row.file.url)
    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == POLICY
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    data = body(response)
    assert int(response["Content-Length"]) == len(data)
    assert Image.open(io.BytesIO(data)).size == (50, 40)
    head = client.head(row.file.url)
    assert head.status_code == 200
    assert head["Content-Length"] == response["Content-Length"]
    assert body(head) == b""
    assert client.post(row.file.url).status_code == 405


def test_a_transparent_picture_is_sent_as_png(client):
    picture = upload_picture(Image.new("RGBA", (50, 40), (0, 0, 0, 0)))
    response = client.get(picture.url)
    assert response["Content-Type"] == "image/png"
    assert body(response).startswith(b"\x89PNG")


def test_a14_no_address_that_the_site_offers_says_where_a_photo_was_taken(client):
    article = published_with(ready_picture(phone_photo()))
    html = client.get(article.get_absolute_url()).content.decode()
    urls = set(re.findall(r"/media/[^\s\",]+", html)) | {Picture.objects.get().url}
    assert len(urls) == 4  # the clean upload, and one width in three kinds
    for url in urls:
        data = body(client.get(url))
        assert not [trace for trace in (b"GPS", b"Exif", b"Camera of Dana") if trace in data], url
        assert Image.open(io.BytesIO(data)).size == (200, 400)


@pytest.mark.parametrize(
    "name",
    [
        "pictures/none.jpg",
        "secret.txt",
        "pictures/left-behind.jpg",
        "../settings.py",
        "pictures/../secret.txt",
        "pictures/%2e%2e/secret.txt",
        "/etc/passwd",
        "pictures//etc/passwd",
        "pictures/",
        "pictures\\..\\secret.txt",
        "a%00b",
        "x" * 3000,
    ],
)
def test_only_what_a_row_names_is_served(client, name):
    default_storage.save("secret.txt", io.BytesIO(b"secret"))
    default_storage.save("pictures/left-behind.jpg", io.BytesIO(b"secret"))
    ready_picture(photo(50, 40))
    response = client.get("/media/" + name)
    assert response.status_code == 404
    assert response.content != b"secret"


# Files that are gone -----------------------------------------------------------------------------


def refuse(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


def lose(monkeypatch, names: list[str], how: str) -> None:
    if how == "not allowed":  # as with chmod 000; root, who may run the tests, reads such files all the same
        monkeypatch.setattr(type(default_storage._wrapped), "_open", refuse)
        return
    for name in names:
        path = default_storage.path(name)
        os.remove(path)
        if how == "a folder":
            os.mkdir(path)


@pytest.mark.parametrize("how", ["deleted", "a folder", "not allowed"])
@pytest.mark.parametrize("which", ["original", "all"])
def test_a36_every_page_works_without_the_files(client, content, manager, monkeypatch, how, which):
    picture = ready_picture(photo(900, 600))
    article = Article.objects.published(timezone.now()).first()
    add_figure(article, picture=picture)
    for location in Location.objects.all():
        make_photo(location, picture=picture)
        make_clinician(location, photo=picture)
    lost = [picture.file.name]
    if which == "all":
        lost += [row.file.name for row in picture.renditions.all()]
    lose(monkeypatch, lost, how)
    for path in PATHS:
        assert client.get(path).status_code == 200, path
    assert 'alt="A green door."' in client.get(article.get_absolute_url()).content.decode()
    client.force_login(manager)
    for path in ("/admin/core/picture/", f"/admin/core/picture/{picture.pk}/change/"):
        assert client.get(path).status_code == 200, path
    path = reverse("admin:articles_article_change", args=[article.pk])
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("how", ["deleted", "a folder", "not allowed"])
def test_a36_a_drawn_landscape_of_the_same_box_stands_in_and_one_warning_is_logged(client, monkeypatch, caplog, how):
    picture = ready_picture(photo(900, 600))
    row = picture.renditions.get(shape="square", kind="avif", width=480)
    lose(monkeypatch, [row.file.name, picture.file.name], how)
    for name, size in ((row.file.name, (480, 480)), (picture.file.name, (900, 600))):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            response = client.get(address(name))
        assert response.status_code == 200
        assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
        assert response["Cache-Control"] == "public, max-age=60"
        assert response["Content-Security-Policy"] == POLICY
        assert response["X-Content-Type-Options"] == "nosniff"
        assert f'width="{size[0]}" height="{size[1]}" viewBox="0 0 640 400"' in response.content.decode()
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert name in caplog.text
        assert client.head(address(name)).status_code == 200


def test_a36_an_article_with_a_lost_picture_is_saved_unchanged(client, manager):
    client.force_login(manager)
    picture = ready_picture(photo(50, 40))
    article = published_with(picture)
    shutil.rmtree(default_storage.path("pictures"))
    path = reverse("admin:articles_article_change", args=[article.pk])
    save(client, path, unchanged(client.get(path)))
    article.refresh_from_db()
    assert [block.caption for block in article.blocks()] == ["A caption."]


# The command -------------------------------------------------------------------------------------


def check() -> tuple[int, str]:
    out, code = io.StringIO(), 0
    try:
        call_command("check_pictures", stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_a36_the_check_lists_what_is_missing_and_makes_anew_what_it_can():
    whole, lost, thin = (ready_picture(photo(50, 40), title=title) for title in ("whole", "lost", "thin"))
    assert check() == (0, "No file is missing.\n")
    default_storage.delete(lost.file.name)
    row = thin.renditions.get(shape="whole", kind="webp")
    default_storage.delete(row.file.name)
    code, said = check()
    assert code == 1
    assert f"missing: {lost.file.name} (picture {lost.pk}, lost)" in said
    assert f"missing: {row.file.name} (made of picture {thin.pk})" in said
    assert f"made anew: what readers see of picture {thin.pk}, thin" in said
    assert whole.file.name not in said
    assert default_storage.exists(row.file.name)
    code, said = check()
    assert (code, said.count("missing:")) == (1, 1)
    assert f"missing: {lost.file.name}" in said


def test_the_check_makes_what_the_worker_has_not_made_yet():
    picture = upload_picture(photo(50, 40))
    assert check()[0] == 0
    picture.refresh_from_db()
    assert picture.renditions_due_at is None
    assert picture.renditions.count() == 9


def test_a_store_that_takes_no_file_ends_the_check_in_words(monkeypatch):
    picture, other = upload_picture(photo(50, 40)), ready_picture(photo(50, 40), title="other")
    default_storage.delete(other.file.name)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(default_storage._wrapped), "_save", full)
    code, said = check()
    assert code == 1
    assert f"not made: what readers see of picture {picture.pk}, Door." in said
    assert "could not be made (OSError)" in said
    assert f"missing: {other.file.name}" in said  # and it went on


def test_lost_files_of_a_picture_whose_upload_is_lost_too_are_listed(client, manager):
    client.force_login(manager)
    picture = ready_picture(photo(50, 40))
    shutil.rmtree(default_storage.path("pictures"))
    code, said = check()
    assert (code, said.count("missing:")) == (1, 10)
    # Readers see the stand-in of the upload, and the worker goes on looking for it.
    picture.refresh_from_db()
    assert picture.renditions_due_at is not None
    assert "cannot be read (FileNotFoundError)" in text_of(client.get(f"/admin/core/picture/{picture.pk}/change/"))


class SlowStore:
    """A store that takes `seconds` for each answer, on a clock of its own."""

    def __init__(self):
        self.now, self.seconds, self.fails, self.asked = 0.0, 0.02, False, 0

    def open(self, path):
        self.asked += 1
        self.now += self.seconds
        if self.fails:
            raise FileUnreadable("Timeout")
        return path

    def read(self, store):
        try:
            return store.open("a.jpg")
        except FileUnreadable:
            return None


def test_a_store_that_does_not_answer_is_asked_by_one_reader_in_five_seconds():
    slow = SlowStore()
    store = Store(open_file=slow.open, clock=lambda: slow.now)
    assert slow.read(store) == "a.jpg"
    slow.seconds, slow.fails = 2.0, True
    assert [slow.read(store) for _ in range(100)] == [None] * 100
    assert slow.asked == 2
    slow.now += 5
    slow.seconds, slow.fails = 0.02, False
    assert slow.read(store) == "a.jpg"
    assert slow.read(store) == "a.jpg"


def test_a_missing_file_says_nothing_of_the_others():
    slow = SlowStore()
    store = Store(open_file=slow.open, clock=lambda: slow.now)
    slow.fails = True
    assert [slow.read(store) for _ in range(10)] == [None] * 10
    assert slow.asked == 10
