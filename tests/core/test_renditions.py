"""What the worker makes of pictures: which files, what they show, and that no fault stops it."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connections
from django.utils import timezone
from PIL import Image

from clinic_site.core import renditions
from clinic_site.core.images import SRGB, crop_box
from clinic_site.core.models import Picture, Rendition
from clinic_site.core.pictures import delete_pictures, save_picture
from clinic_site.core.renditions import RETRY_AFTER, make_missing_renditions, make_renditions
from tests.factories.pictures import file_of, phone_photo, ready_picture, upload_picture

pytestmark = pytest.mark.django_db

NO_HURRY = 3600


def opened(row) -> Image.Image:
    with default_storage.open(row.file.name) as file:
        image = Image.open(io.BytesIO(file.read()))
    image.load()
    return image


def stored_files() -> set[str]:
    return set(default_storage.listdir("pictures")[1])


def files_of(picture: Picture) -> set[str]:
    names = [picture.file.name, *picture.renditions.values_list("file", flat=True)]
    return {name.removeprefix("pictures/") for name in names}


def work(now=None) -> int:
    """Work until nothing is due; return how many turns that took."""
    turns = 0
    while make_missing_renditions(now=now or timezone.now(), seconds=NO_HURRY):
        turns += 1
        assert turns < 20
    return turns


def test_a_large_picture_gets_three_shapes_in_three_kinds_and_four_widths():
    picture = ready_picture(Image.new("RGB", (3000, 2000), "green"))
    assert (picture.width, picture.height) == (2400, 1600)
    made = {}
    for row in picture.renditions.order_by("width"):
        image = opened(row)
        assert image.size == (row.width, row.height), row
        assert image.format == {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}[row.kind]
        made.setdefault((row.shape, row.kind), []).append(image.size)
    for kind in ("jpg", "webp", "avif"):
        assert made["whole", kind] == [(480, 320), (800, 533), (1200, 800), (1600, 1067)]
        assert made["card", kind] == [(480, 300), (800, 500), (1200, 750)]
        assert made["square", kind] == [(240, 240), (480, 480)]
    assert len(made) == 9


@pytest.mark.parametrize(
    ("size", "whole", "square"),
    [((600, 400), [480, 600], [240, 400]), ((100, 50), [100], [50]), ((40, 480), [40], [40]), ((1, 5), [1], [1])],
)
def test_nothing_is_made_larger_than_it_was(size, whole, square):
    picture = ready_picture(Image.new("RGB", size, "green"))
    jpegs = picture.renditions.filter(kind="jpg").order_by("width")
    assert [row.width for row in jpegs if row.shape == "whole"] == whole
    assert [row.width for row in jpegs if row.shape == "square"] == square
    assert all(row.width <= size[0] and row.height <= size[1] for row in picture.renditions.all())


def test_a13_every_rendition_is_upright_with_the_red_half_on_top():
    picture = ready_picture(phone_photo())
    assert (picture.width, picture.height) == (200, 400)
    for row in picture.renditions.all():
        image = opened(row).convert("RGB")
        assert not image.getexif()
        if row.shape == "whole":
            assert image.size == (200, 400)
        red = image.getpixel((image.width // 2, 2))
        white = image.getpixel((image.width // 2, image.height - 3))
        assert red[0] > 200 > red[1], (row, red)
        assert min(white) > 230, (row, white)


TRACES = [b"Exif", b"GPS", b"Camera of Dana", b"xpacket", b"adobe.com/xap", b"Photoshop 3.0", b"8BIM", b"secret words"]
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">secret words</x:xmpmeta><?xpacket end="w"?>'


def upload_with_everything(kind: str) -> bytes:
    """A photo that carries EXIF with GPS, XMP, a comment and (JPEG) IPTC."""
    data = phone_photo(kind, xmp=XMP) if kind != "PNG" else phone_photo(kind)
    if kind == "JPEG":
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x11\x1c\x02\x78\0\x0csecret words\0"
        marker = b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc
        comment = b"\xff\xfe" + (len(b"secret words") + 2).to_bytes(2, "big") + b"secret words"
        data = data[:2] + marker + comment + data[2:]
    return data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a14_no_file_in_the_store_says_where_when_or_with_what_it_was_taken(kind):
    data = upload_with_everything(kind)
    assert any(trace in data for trace in TRACES)
    picture = ready_picture(data)
    contents = []
    for name in stored_files():
        with default_storage.open(f"pictures/{name}") as file:
            contents.append(file.read())
    assert len(contents) == 1 + picture.renditions.count()  # the original is nowhere
    for content in contents:
        assert data not in content
        assert not [trace for trace in TRACES if trace in content]
        image = Image.open(io.BytesIO(content))
        assert not image.getexif()
        assert set(image.info) <= {
            "icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression",
            "loop", "background", "timestamp", "duration",
        }  # fmt: skip


def test_a14_every_file_says_that_its_colours_are_srgb():
    picture = ready_picture(Image.new("RGB", (60, 40), "green"))
    for row in [picture, *picture.renditions.all()]:
        assert opened(row).info["icc_profile"] == SRGB, row


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "1", "L"])
def test_a34_what_is_transparent_stays_so_or_turns_white_and_never_black(mode):
    image = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    if mode in ("1", "L"):
        data, is_clear = file_of(Image.new(mode, (60, 40), 255), "PNG"), False
    elif mode == "P":
        palette = Image.new("P", (60, 40), 1)
        palette.putpalette([0, 0, 0, 0, 0, 0])
        data, is_clear = file_of(palette, "PNG", transparency=1), True
    else:
        data, is_clear = file_of(image.convert(mode), "PNG"), True
    for row in ready_picture(data).renditions.all():
        pixel = opened(row).convert("RGBA").getpixel((row.width // 2, row.height // 2))
        if row.kind == "jpg" or not is_clear:
            assert min(pixel) > 250, row
        else:
            assert pixel[3] == 0, row


def test_a34_a_print_shop_jpeg_is_red_in_every_kind():
    picture = ready_picture(file_of(Image.new("CMYK", (300, 200), (0, 255, 255, 0))))
    for row in picture.renditions.all():
        red, green, blue = opened(row).convert("RGB").getpixel((row.width // 2, row.height // 2))
        assert red > 240, row
        assert max(green, blue) < 20, row


# The focal point ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "ratio", "focal", "box"),
    [
        ((400, 200), (1, 1), (50, 50), (100, 0, 300, 200)),
        ((400, 200), (1, 1), (0, 0), (0, 0, 200, 200)),
        ((400, 200), (1, 1), (100, 100), (200, 0, 400, 200)),
        ((400, 200), (1, 1), (40, 90), (60, 0, 260, 200)),
        ((200, 400), (2, 1), (50, 75), (0, 250, 200, 350)),
        ((400, 200), None, (10, 10), (0, 0, 400, 200)),
        ((1, 9), (8, 5), (50, 50), (0, 4, 1, 5)),
    ],
)
def test_a_crop_has_the_focal_point_in_its_middle_as_far_as_edges_allow(size, ratio, focal, box):
    assert crop_box(size, ratio=ratio, focal=focal) == box


def three_stripes() -> Image.Image:
    image = Image.new("RGB", (900, 300), "lime")
    image.paste("red", (0, 0, 300, 300))
    image.paste("blue", (600, 0, 900, 300))
    return image


@pytest.mark.parametrize(("focal_x", "colour"), [(10, "red"), (50, "lime"), (90, "blue")])
def test_the_focal_point_decides_what_a_square_keeps(focal_x, colour):
    picture = ready_picture(three_stripes(), focal_x=focal_x)
    wanted = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
    squares = picture.renditions.filter(shape="square")
    assert squares
    for image in map(opened, squares):
        for place in (0.1, 0.5, 0.9):
            pixel = image.convert("RGB").getpixel((int(image.width * place), image.height // 2))
            assert max(abs(got - want) for got, want in zip(pixel, wanted, strict=True)) < 40


def test_a_new_focal_point_makes_new_crops_and_keeps_the_whole(django_capture_on_commit_callbacks):
    picture = ready_picture(three_stripes(), focal_x=10)
    before = {row.file.name for row in picture.renditions.all()}
    picture.focal_x = 90
    with django_capture_on_commit_callbacks(execute=True):
        save_picture(picture, now=timezone.now())
        assert work() == 1
    after = {row.file.name for row in picture.renditions.all()}
    # Another name for other content: nobody keeps the old crop for the new one.
    assert before & after == {name for name in before if "whole" in name}
    assert opened(picture.renditions.get(shape="square", kind="jpg", width=240)).getpixel((120, 120))[2] > 200
    assert stored_files() == files_of(picture)


# The worker --------------------------------------------------------------------------------------


def test_a_turn_ends_after_its_time_and_the_next_goes_on():
    picture = upload_picture(three_stripes())
    now, counts = timezone.now(), []
    while make_missing_renditions(now=now, seconds=0):
        counts.append(picture.renditions.count())
    assert counts == sorted(set(counts))  # each turn made some
    assert len(counts) == 9  # one shape and kind a turn
    picture.refresh_from_db()
    assert picture.renditions_due_at is None
    assert not make_missing_renditions(now=now)


def test_nothing_is_made_before_it_is_due():
    now = timezone.now()
    upload_picture(three_stripes())
    Picture.objects.update(renditions_due_at=now + timedelta(seconds=1))
    assert not make_missing_renditions(now=now)
    assert make_missing_renditions(now=now + timedelta(seconds=1), seconds=NO_HURRY)


def break_file(picture: Picture, how: str) -> None:
    default_storage.delete(picture.file.name)
    if how == "damaged":
        default_storage.save(picture.file.name, io.BytesIO(b"\xff\xd8\xff not a picture"))


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_picture_with_a_fault_is_noted_and_does_not_stop_the_others(how, caplog):
    bad, good = upload_picture(three_stripes()), upload_picture(three_stripes())
    break_file(bad, how)
    now = timezone.now()
    assert work(now) == 2
    bad.refresh_from_db()
    good.refresh_from_db()
    assert "cannot be read" in bad.rendition_error
    assert bad.renditions_due_at == now + RETRY_AFTER
    assert (good.renditions_due_at, good.rendition_error) == (None, "")
    assert good.renditions.exists()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_picture_whose_file_came_back_is_made_ready():
    picture = upload_picture(three_stripes())
    with default_storage.open(picture.file.name) as file:
        data = file.read()
    default_storage.delete(picture.file.name)
    now = timezone.now()
    assert work(now) == 1
    default_storage.save(picture.file.name, io.BytesIO(data))
    assert work(now + RETRY_AFTER) == 1
    picture.refresh_from_db()
    assert (picture.renditions_due_at, picture.rendition_error) == (None, "")


def test_a_fault_of_the_database_is_the_workers_own(monkeypatch):
    upload_picture(three_stripes())

    def fail(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(renditions, "make_renditions", fail)
    now = timezone.now()
    with pytest.raises(DatabaseError):
        make_missing_renditions(now=now)
    # Its lease runs out, then somebody else takes it.
    assert Picture.objects.get().renditions_due_at == now + renditions.LEASE


def test_a_file_replaced_while_the_worker_has_the_old_one_in_hand_leaves_none_of_the_old(
    monkeypatch, django_capture_on_commit_callbacks
):
    picture = upload_picture(Image.new("RGB", (60, 40), "red"))
    encode, now = renditions.encode, timezone.now()

    def replace_meanwhile(image, *, kind):
        monkeypatch.setattr(renditions, "encode", encode)
        replaced = Picture.objects.get()
        other = upload_picture(Image.new("RGB", (60, 40), "blue"))
        replaced.file = other.file.name
        Picture.objects.filter(pk=other.pk).delete()
        save_picture(replaced, now=now)
        return encode(image, kind=kind)

    monkeypatch.setattr(renditions, "encode", replace_meanwhile)
    with django_capture_on_commit_callbacks(execute=True):
        assert make_missing_renditions(now=now, seconds=NO_HURRY)
    picture = Picture.objects.get()
    assert picture.renditions_due_at == now  # still due, for the new file
    with django_capture_on_commit_callbacks(execute=True):
        work(now)
    blue = opened(picture.renditions.get(shape="whole", kind="jpg")).getpixel((30, 20))
    assert blue[2] > 200 > blue[0]
    assert stored_files() == files_of(picture)


def test_what_a_worker_left_behind_is_written_over(django_capture_on_commit_callbacks):
    picture = upload_picture(three_stripes())
    first = next(iter(renditions.planned_names(picture)[Rendition.Shape.WHOLE, "jpg"].values()))
    default_storage.save(first, io.BytesIO(b"half a file"))
    assert make_renditions(picture)
    assert stored_files() == files_of(picture)


def test_of_many_workers_each_picture_has_one(transactional_db):
    for _ in range(4):
        upload_picture(Image.new("RGB", (60, 40), "red"))
    start, faults, now = threading.Barrier(4), [], timezone.now()

    def run() -> None:
        try:
            start.wait()
            while make_missing_renditions(now=now, seconds=NO_HURRY):
                pass
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert faults == []
    work(now)  # a worker that lost a race looks again in its next turn
    assert not Picture.objects.exclude(renditions_due_at=None).exists()
    assert set.union(*map(files_of, Picture.objects.all())) == stored_files()
    for picture in Picture.objects.all():
        assert picture.renditions.count() == 9


# Replacing and deleting --------------------------------------------------------------------------


def test_deleting_pictures_deletes_their_files_after_the_commit(django_capture_on_commit_callbacks):
    ready, waiting, other = (upload_picture(three_stripes()) for _ in range(3))
    make_renditions(ready)
    left_behind = next(iter(renditions.planned_names(waiting)[Rendition.Shape.WHOLE, "jpg"].values()))
    default_storage.save(left_behind, io.BytesIO(b"half a file"))
    before = stored_files()
    with django_capture_on_commit_callbacks(execute=True):
        delete_pictures(Picture.objects.filter(pk__in=[ready.pk, waiting.pk]))
        assert stored_files() == before
    assert list(Picture.objects.all()) == [other]
    assert stored_files() == files_of(other)
    assert not Rendition.objects.exists()


def test_a_storage_that_does_not_delete_is_logged_and_the_picture_is_gone(
    monkeypatch, caplog, django_capture_on_commit_callbacks
):
    picture = upload_picture(three_stripes())

    def refuse(name):
        raise PermissionError

    monkeypatch.setattr(default_storage._wrapped, "delete", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        delete_pictures(Picture.objects.filter(pk=picture.pk))
    assert not Picture.objects.exists()
    assert "could not be deleted: PermissionError" in caplog.text
