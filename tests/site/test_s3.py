"""The whole road of a picture through a bucket, on an S3 server of this machine."""

import io
import re
import signal
import urllib.request

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from articles.models import Article
from clinic_site.core.models import Picture
from clinic_site.media import POLICY, Store
from clinic_site.settings.media import media_storage
from tests.factories.articles import add_figure
from tests.factories.pictures import file_of, phone_photo, ready_picture
from tests.s3 import s3_server

BUCKET = "clinic-media"


@pytest.fixture(scope="module", name="s3_server")
def running_s3_server():
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3_server, settings, monkeypatch):
    """An empty bucket in which the site keeps its pictures."""
    boto3 = pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    address = f"s3://{BUCKET}?endpoint={s3_server}&region=us-east-1&folder=site"
    bucket = boto3.resource("s3", endpoint_url=s3_server, region_name="us-east-1").Bucket(BUCKET)
    bucket.create()
    settings.STORAGES = {**settings.STORAGES, "default": media_storage(address)}
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


def keys(bucket) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def fetch(url: str):
    with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310  (our own server)
        return response.headers, response.read()


@pytest.mark.browser
def test_a_picture_travels_from_the_admin_through_the_bucket_to_the_reader(
    live_site, bucket, client, media, monkeypatch
):
    client.force_login(User.objects.create_superuser("manager"))
    post = {"title": "Door", "alt": "A green door.", "file": SimpleUploadedFile("dana.jpg", phone_photo())}
    assert client.post("/admin/core/picture/add/", post).status_code == 302
    picture = Picture.objects.get()
    assert keys(bucket) == {f"site/{picture.file.name}"}
    assert picture.url.startswith("/media/pictures/")

    with monkeypatch.context() as patch:
        patch.setattr(signal, "signal", lambda *args: None)  # the tests keep their own Ctrl-C
        call_command("run_worker", once=True)
    assert len(keys(bucket)) == 1 + picture.renditions.count() == 10

    article = Article.objects.published(timezone.now()).first()
    add_figure(article, picture=picture)
    html = fetch(live_site + article.get_absolute_url())[1].decode()
    figure = re.search(r'<figure class="figure">.*?</figure>', html, re.DOTALL)[0]
    urls = set(re.findall(r"/media/[^\s\",]+", figure))
    assert {url.rsplit(".")[-1] for url in urls} == {"avif", "webp", "jpg"}
    assert "http" not in figure  # no address of the bucket
    for url in urls:
        headers, data = fetch(live_site + url)
        image = Image.open(io.BytesIO(data))
        assert image.size == (200, 400)
        assert headers["Content-Type"] == f"image/{image.format.lower()}"
        assert headers["Content-Length"] == str(len(data))
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    request = urllib.request.Request(live_site + picture.url, method="HEAD")  # noqa: S310
    headers, data = fetch(request)
    assert (headers["Content-Type"], data) == ("image/jpeg", b"")
    for found in bucket.objects.all():
        data = found.get()["Body"].read()
        assert not [trace for trace in (b"GPS", b"Exif", b"Camera of Dana") if trace in data], found.key
    assert not media.exists()  # nothing on this machine's disk


@pytest.mark.django_db
def test_a36_what_the_bucket_lost_is_stood_in_for_and_listed(bucket, client, capsys):
    picture = ready_picture(Image.new("RGB", (60, 40), "red"))
    bucket.Object(f"site/{picture.file.name}").delete()
    response = client.get(picture.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    with pytest.raises(SystemExit, match="1"):
        call_command("check_pictures")
    assert f"missing: {picture.file.name}" in capsys.readouterr().out
    client.force_login(User.objects.create_superuser("manager"))
    path = f"/admin/core/picture/{picture.pk}/change/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"title": "Door", "alt": "A red door."}).status_code == 302
    post = {"title": "Door", "alt": "x", "file": SimpleUploadedFile("a.jpg", file_of(Image.new("RGB", (9, 9))))}
    assert client.post(path, post).status_code == 302


@pytest.mark.django_db
def test_replaced_and_deleted_pictures_leave_nothing_in_the_bucket(bucket, client, django_capture_on_commit_callbacks):
    picture = ready_picture(Image.new("RGB", (60, 40), "red"))
    client.force_login(User.objects.create_superuser("manager"))
    post = {"title": "Door", "alt": "x", "file": SimpleUploadedFile("a.jpg", file_of(Image.new("RGB", (9, 9))))}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/core/picture/{picture.pk}/change/", post)
    assert keys(bucket) == {f"site/{Picture.objects.get().file.name}"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/core/picture/{picture.pk}/delete/", {"post": "yes"})
    assert keys(bucket) == set()


@pytest.mark.django_db
def test_a_store_that_does_not_answer_costs_no_page(bucket, client, settings, monkeypatch):
    monkeypatch.setattr("clinic_site.media.store", Store())  # what it learns of this store is not for other tests
    picture = ready_picture(Image.new("RGB", (60, 40), "red"))
    settings.STORAGES = {**settings.STORAGES, "default": media_storage(f"s3://{BUCKET}?endpoint=http://127.0.0.1:9")}
    assert not default_storage.connection.meta.client.meta.config.connect_timeout > 1
    response = client.get(picture.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    client.force_login(User.objects.create_superuser("manager"))
    post = {"title": "Door", "alt": "x", "file": SimpleUploadedFile("a.jpg", file_of(Image.new("RGB", (9, 9))))}
    response = client.post("/admin/core/picture/add/", post)
    assert response.status_code == 200
    assert "could not be stored" in response.content.decode()
    assert Picture.objects.count() == 1
