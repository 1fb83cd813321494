"""Staff upload pictures: what can be used is encoded anew, what cannot is refused in words beside the field."""

import io
import sys
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from articles.models import FigureBlock
from clinic_site.core.models import Picture, Rendition
from clinic_site.core.renditions import make_renditions
from tests.factories.articles import add_figure, make_article
from tests.factories.locations import make_clinician, make_location, make_photo
from tests.factories.pictures import FAKE_HEIC, file_of, huge_png, phone_photo, ready_picture, two_picture_photo

from .page import messages_of, text_of

pytestmark = pytest.mark.django_db

ADD = "/admin/core/picture/add/"
LIST = "/admin/core/picture/"


def jpeg(width: int = 60, height: int = 40, **options) -> bytes:
    return file_of(Image.new("RGB", (width, height), "red"), **options)


def noise(kind: str) -> bytes:
    return file_of(Image.effect_noise((400, 300), 80).convert("RGB"), kind)


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises a huge picture."""
    data = bytearray(file_of(Image.new("1", (1, 1)), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


def upload(browser, data: bytes, name: str = "door.jpg", *, path: str = ADD, **fields):
    post = {"title": "Door", "alt": "A green door.", "file": SimpleUploadedFile(name, data), **fields}
    return browser.post(path, {name: value for name, value in post.items() if value is not None})


def errors_of(response) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in response.context["adminform"].form.errors.items()}


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def change_url(picture: Picture) -> str:
    return reverse("admin:core_picture_change", args=[picture.pk])


def test_a13_a14_a_picture_is_stored_upright_and_without_what_the_camera_wrote(manager, media):
    response = upload(manager, phone_photo(), "dana-whitfield.jpg")
    assert response.status_code == 302, errors_of(response)
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (200, 400)
    assert "dana" not in picture.file.name
    assert picture.file.name.startswith("pictures/")
    assert b"Camera of Dana" not in (media / picture.file.name).read_bytes()


def test_a13_the_preview_is_upright(manager):
    upload(manager, phone_photo())
    picture = Picture.objects.get()
    for path in (LIST, change_url(picture)):
        assert f'src="{picture.url}" alt="" width="200" height="400"' in manager.get(path).content.decode()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC, UNKNOWN, BROKEN = "iPhone photo in HEIC format", "not a picture we can use", "incomplete or damaged"
REFUSED = {
    "A46 heic": (FAKE_HEIC, "IMG_1.heic", HEIC),
    "A46 heic as jpg": (FAKE_HEIC, "IMG_1.jpg", HEIC),
    "A33 huge": (huge_png(13_000, 1_900), "huge.png", "too large: 13000 by 1900 pixels"),
    "A33 bomb": (png_that_claims(30_000, 30_000), "bomb.png", "too large"),
    "A33 above the limit": (png_that_claims(6_000, 5_000), "large.png", "too large: 6000 by 5000 pixels."),
    "A33 tall": (huge_png(1, 60_000), "tall.png", "too large: 1 by 60000 pixels"),
    "A33 wide": (huge_png(30_000, 1), "wide.png", "too large: 30000 by 1 pixels"),
    "A33 narrow": (huge_png(600, 1), "narrow.png", "too narrow"),
    "A35 half a jpeg": (noise("JPEG")[:9_000], "half.jpg", BROKEN),
    "A35 half a png": (noise("PNG")[:9_000], "half.png", BROKEN),
    "A35 header only": (noise("JPEG")[:20], "header.jpg", BROKEN),
    "A35 nothing": (b"", "empty.jpg", "The file is empty."),
    "A32 svg": (SVG, "logo.svg", UNKNOWN),
    "A32 svg.png": (SVG, "logo.svg.png", UNKNOWN),
    "A32 svg as png": (SVG, "logo.png", UNKNOWN),
    "A32 html as jpg": (b"<html><script>alert(1)</script></html>", "photo.jpg", UNKNOWN),
    "gif": (b"GIF89a" + b"\0" * 50, "x.gif", UNKNOWN),
    "pdf": (b"%PDF-1.7", "x.pdf", UNKNOWN),
}


@pytest.mark.parametrize(("data", "name", "words"), REFUSED.values(), ids=REFUSED)
def test_a32_a33_a35_a46_what_cannot_be_used_is_refused_beside_the_field_and_the_rest_is_kept(
    manager, media, data, name, words
):
    response = upload(manager, data, name, title="My title", focal_x="20")
    assert response.status_code == 200
    errors = errors_of(response)
    assert list(errors) == ["file"]
    assert len(errors["file"]) == 1
    assert words in errors["file"][0]
    assert words in text_of(response)
    assert 'value="My title"' in response.content.decode()
    assert 'value="20"' in response.content.decode()
    assert not Picture.objects.exists()
    assert files_in(media) == []


def heic() -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (120, 80), "red")).save(out, format="HEIF")
    return out.getvalue()


@pytest.mark.parametrize("name", ["IMG_1.heic", "IMG_1.jpg"])
def test_a46_an_iphone_photo_is_converted_whatever_it_is_called(manager, name):
    response = upload(manager, heic(), name)
    assert response.status_code == 302, errors_of(response)
    picture = Picture.objects.get()
    assert (picture.file.name[-4:], picture.width, picture.height) == (".jpg", 120, 80)


@pytest.mark.parametrize("name", ["IMG_1.heic", "IMG_1.jpg"])
def test_a46_without_the_converter_it_is_refused_with_the_way_out(manager, media, monkeypatch, name):
    data = heic()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (error,) = errors_of(upload(manager, data, name))["file"]
    assert error.startswith("This is an iPhone photo in HEIC format. Share it as JPEG")
    assert "Most Compatible" in error
    assert files_in(media) == []


def test_a46_a_phones_two_picture_jpeg_is_taken(manager):
    assert upload(manager, two_picture_photo(), "phone.jpg").status_code == 302
    assert Picture.objects.get().file.name.endswith(".jpg")


def test_a46_the_file_field_offers_only_what_works_everywhere(manager):
    """Never HEIC: iPhones then hand over a JPEG by themselves, and Safari on a Mac crashes on it."""
    assert 'accept="image/jpeg,image/png,image/webp"' in manager.get(ADD).content.decode()


def test_a32_a_script_behind_a_picture_is_cut_off(manager, media):
    assert upload(manager, jpeg() + b"<script>alert(1)</script>").status_code == 302
    (name,) = files_in(media)
    assert b"<script>" not in (media / "pictures" / name).read_bytes()


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
    make_renditions(picture)
    path = change_url(picture)
    response = upload(manager, b"", path=path, file=None, alt="A red door.")
    assert response.status_code == 302
    assert not [message for message in messages_of(response) if "gone" in message]
    changed = Picture.objects.get()
    assert (changed.alt, changed.file.name) == ("A red door.", picture.file.name)
    assert changed.renditions.count() == 9


# The focal point ---------------------------------------------------------------------------------


def test_the_focal_point_is_typed_and_left_empty_it_is_the_middle(manager):
    upload(manager, jpeg(), focal_x="20", focal_y="")
    assert Picture.objects.get().focal == (20, 50)


@pytest.mark.parametrize("value", ["-1", "101", "1e9", "middle", "50.5", "9" * 5000])
def test_a_focal_point_outside_the_picture_is_refused_in_words(manager, value):
    errors = errors_of(upload(manager, jpeg(), focal_x=value))
    assert list(errors) == ["focal_x"]
    assert errors["focal_x"][0].startswith("Give a percentage from 0 to 100")


def test_the_focal_point_is_an_improvement_of_the_form_by_a_script(manager):
    assert "js/admin-focal" in manager.get(ADD).content.decode()


# Where it is used --------------------------------------------------------------------------------


def test_a_picture_says_where_it_is_used_and_stays_while_it_is(manager):
    location = make_location(name="Auburn")
    photo = make_photo(location)
    picture = photo.picture
    make_clinician(location, name="Robin Example", photo=picture)
    article = make_article(title="Is <it>?")
    add_figure(article, picture=picture)
    add_figure(article, picture=picture)
    for path in (change_url(picture), LIST):
        page = manager.get(path)
        html = page.content.decode()
        for owner in (location, article):
            url = reverse(f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change", args=[owner.pk])
            assert html.count(f'href="{url}"') == 1
        assert "Clinician: Robin Example" in text_of(page)
        assert "Article: Is &lt;it&gt;?" in html
    manager.post(reverse("admin:core_picture_delete", args=[picture.pk]), {"post": "yes"})
    assert Picture.objects.filter(pk=picture.pk).exists()
    assert FigureBlock.objects.count() == 2


def test_the_list_asks_no_more_for_three_pictures_than_for_one(manager, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    location, article = make_location(), make_article()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert "4 × 3" in text_of(manager.get(LIST))
        return len(captured)

    add_figure(article, picture=make_photo(location).picture)
    first = queries()
    for _ in range(2):
        add_figure(article, picture=make_photo(location).picture)
    assert queries() == first


# Files that are gone, replaced, deleted ----------------------------------------------------------


def test_a36_a_missing_file_breaks_neither_list_nor_page_and_words_can_still_be_saved(manager, media):
    upload(manager, jpeg())
    picture = Picture.objects.get()
    (media / picture.file.name).unlink()
    assert manager.get(LIST).status_code == 200
    path = change_url(picture)
    assert manager.get(path).status_code == 200
    response = upload(manager, b"", path=path, file=None, alt="A red door.")
    assert response.status_code == 302
    assert Picture.objects.get().alt == "A red door."
    (warning,) = [message for message in messages_of(response) if "gone from the server" in message]
    assert "Readers see a drawn landscape in its place until you upload it again." in warning
    assert upload(manager, jpeg(), path=path).status_code == 302
    assert (media / Picture.objects.get().file.name).exists()


def test_the_page_says_how_far_the_worker_is(manager):
    upload(manager, jpeg())
    picture = Picture.objects.get()
    assert "Being made." in text_of(manager.get(change_url(picture)))
    Picture.objects.update(rendition_error="The picture’s file cannot be read (FileNotFoundError).")
    assert "cannot be read (FileNotFoundError). It is tried again" in text_of(manager.get(change_url(picture)))
    assert "Ready: 9 files" in text_of(manager.get(change_url(ready_picture(jpeg()))))


def test_a_new_file_takes_the_place_of_the_old_one_and_of_all_that_was_made_of_it(
    manager, media, django_capture_on_commit_callbacks
):
    picture = ready_picture(jpeg(), focal_x=10)
    before = files_in(media)
    with django_capture_on_commit_callbacks(execute=True):
        assert upload(manager, jpeg(100, 90), path=change_url(picture), focal_x="10").status_code == 302
    picture = Picture.objects.get()
    assert (picture.width, picture.height, picture.focal_x) == (100, 90, 10)
    assert picture.renditions_due_at is not None
    assert not Rendition.objects.exists()
    assert len(before) == 10
    assert files_in(media) == [picture.file.name.removeprefix("pictures/")]


def test_a_new_file_that_is_refused_changes_nothing(manager, media):
    picture = ready_picture(jpeg())
    before = files_in(media)
    assert upload(manager, SVG, path=change_url(picture)).status_code == 200
    assert files_in(media) == before
    assert Picture.objects.get().renditions.count() == 9


@pytest.mark.parametrize("how", ["page", "action"])
def test_a_deleted_picture_leaves_no_file(manager, media, django_capture_on_commit_callbacks, how):
    picture = ready_picture(jpeg())
    with django_capture_on_commit_callbacks(execute=True):
        if how == "page":
            path = reverse("admin:core_picture_delete", args=[picture.pk])
            assert "rendition" not in text_of(manager.get(path)).lower()
            manager.post(path, {"post": "yes"})
        else:
            manager.post(LIST, {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"})
    assert not Picture.objects.exists()
    assert files_in(media) == []


def test_a_full_disk_is_said_beside_the_field_and_what_was_typed_stays(manager, monkeypatch, media):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(default_storage._wrapped), "_save", full)
    response = upload(manager, jpeg(), title="My title")
    assert errors_of(response) == {"file": ["The picture could not be stored just now. Please try again in a minute."]}
    assert 'value="My title"' in response.content.decode()
    assert not Picture.objects.exists()
