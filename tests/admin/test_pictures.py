"""Staff upload pictures: what can be used is encoded anew, what cannot is refused in words beside the field."""

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from articles.models import FigureBlock
from clinic_site.core.models import Picture
from tests.factories.articles import add_figure, make_article
from tests.factories.locations import make_clinician, make_location, make_photo

from .page import text_of

pytestmark = pytest.mark.django_db

ADD = "/admin/core/picture/add/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def jpeg(width: int = 60, height: int = 40, **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "JPEG", **options)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises a huge picture."""
    out = io.BytesIO()
    Image.new("1", (1, 1)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


def upload(browser, data: bytes, name: str = "door.jpg", *, path: str = ADD, **fields):
    post = {"title": "Door", "alt": "A green door.", "file": SimpleUploadedFile(name, data), **fields}
    return browser.post(path, {name: value for name, value in post.items() if value is not None})


def errors_of(response) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in response.context["adminform"].form.errors.items()}


def test_a_picture_is_stored_upright_and_without_what_the_camera_wrote(manager, media):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Dana"  # turned by 90 degrees; maker
    response = upload(manager, jpeg(60, 40, exif=exif), "dana-whitfield.jpg")
    assert response.status_code == 302, errors_of(response)
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (40, 60)
    assert "dana" not in picture.file.name
    assert picture.file.name.startswith("pictures/")
    assert b"Camera of Dana" not in (media / picture.file.name).read_bytes()


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, "IMG_1.HEIC", "This is an iPhone photo in HEIC format."),
        (png_that_claims(30_000, 30_000), "huge.png", "This picture is too large"),
        (png_that_claims(6_000, 5_000), "large.png", "This picture is too large: 6000 by 5000 pixels."),
        (jpeg(400, 400)[:600], "half.jpg", "The file is incomplete or damaged."),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "x.svg", "not a picture we can use"),
        (b"<svg/>", "x.jpg", "not a picture we can use"),
        (b"GIF89a" + b"\0" * 50, "x.gif", "not a picture we can use"),
        (b"%PDF-1.7", "x.pdf", "not a picture we can use"),
        (b"", "empty.jpg", "The file is empty."),
    ],
    ids=["heic", "bomb", "large", "truncated", "svg", "svg as jpg", "gif", "pdf", "empty"],
)
def test_what_cannot_be_used_is_refused_beside_the_field_and_the_rest_is_kept(manager, data, name, words):
    response = upload(manager, data, name, title="My title")
    assert response.status_code == 200
    errors = errors_of(response)
    assert list(errors) == ["file"]
    assert len(errors["file"]) == 1
    assert words in errors["file"][0]
    assert words in text_of(response)
    assert 'value="My title"' in response.content.decode()
    assert not Picture.objects.exists()


def test_a_file_of_many_megabytes_is_refused_before_it_is_read(manager, monkeypatch):
    from clinic_site.core import admin_forms

    monkeypatch.setattr(admin_forms, "MAX_MEGABYTES", 0)
    assert errors_of(upload(manager, jpeg()))["file"] == ["This file is too large. The limit is 0 MB."]


def test_a_picture_must_be_described_or_be_decoration(manager):
    response = upload(manager, jpeg(), alt="")
    assert "Describe the picture, or tick “only decoration”." in text_of(response)
    assert upload(manager, jpeg(), alt="", is_decorative="on").status_code == 302


def test_without_a_file_staff_are_told_to_choose_one(manager):
    assert errors_of(upload(manager, b"", file=None))["file"] == ["Choose a picture."]


def test_the_words_are_changed_and_the_file_stays(manager):
    upload(manager, jpeg())
    picture = Picture.objects.get()
    path = reverse("admin:core_picture_change", args=[picture.pk])
    assert f'src="{picture.url}"' in manager.get(path).content.decode()
    assert upload(manager, b"", path=path, file=None, alt="A red door.").status_code == 302
    changed = Picture.objects.get()
    assert (changed.alt, changed.file.name) == ("A red door.", picture.file.name)


def test_a_picture_says_where_it_is_used_and_stays_while_it_is(manager):
    location = make_location(name="Auburn")
    photo = make_photo(location)
    picture = photo.picture
    make_clinician(location, name="Robin Example", photo=picture)
    article = make_article(title="Is <it>?")
    add_figure(article, picture=picture)
    add_figure(article, picture=picture)
    page = manager.get(reverse("admin:core_picture_change", args=[picture.pk]))
    html = page.content.decode()
    for owner in (location, article):
        url = reverse(f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change", args=[owner.pk])
        assert html.count(f'href="{url}"') == 1
    assert "Clinician: Robin Example" in text_of(page)
    assert "Article: Is &lt;it&gt;?" in html
    manager.post(reverse("admin:core_picture_delete", args=[picture.pk]), {"post": "yes"})
    assert Picture.objects.filter(pk=picture.pk).exists()
    assert FigureBlock.objects.count() == 2


def test_a_missing_file_breaks_neither_list_nor_page(manager):
    photo = make_photo(make_location())
    assert manager.get("/admin/core/picture/").status_code == 200
    path = reverse("admin:core_picture_change", args=[photo.picture_id])
    assert manager.get(path).status_code == 200
    errors = errors_of(upload(manager, b"", path=path, file=None))
    assert errors == {"file": ["The file of this picture is gone from the server. Upload it again."]}
    assert upload(manager, jpeg(), path=path).status_code == 302
