"""A copy of each backup leaves the machine, and comes back to a new one."""

import pytest
from django.core.management import CommandError, call_command

from clinic_site.backups import copies, folder, troubles
from clinic_site.backups.erased import take_in
from clinic_site.backups.making import make_backup
from clinic_site.backups.verifying import verify_backup
from clinic_site.settings.media import media_storage
from tests.factories.posts import NOW
from tests.s3 import s3_server

BUCKET = "clinic-backups"


@pytest.fixture
def bucket(settings, monkeypatch):
    """An empty bucket that BACKUP_COPY_URL names."""
    boto3 = pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with s3_server() as address:
        bucket = boto3.resource("s3", endpoint_url=address, region_name="us-east-1").Bucket(BUCKET)
        bucket.create()
        settings.BACKUP_COPY_URL = f"s3://{BUCKET}?endpoint={address}&region=us-east-1"
        stored = media_storage(settings.BACKUP_COPY_URL, setting="BACKUP_COPY_URL")
        settings.STORAGES = {**settings.STORAGES, "backups": stored}
        yield bucket
        bucket.objects.all().delete()
        bucket.delete()


def keys(bucket) -> set[str]:
    return {found.key for found in bucket.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_a_copy_leaves_and_comes_back(bucket, settings, tmp_path):
    take_in("AAAA2222 2026-11-20\n")
    path = make_backup(now=NOW)
    assert keys(bucket) == {path.name, "erased-requests.txt"}
    sent = path.read_bytes()
    settings.BACKUP_DIR = tmp_path / "new-machine"
    with folder.only_one():
        fetched = copies.fetch()
    assert fetched.parent == settings.BACKUP_DIR
    assert fetched.read_bytes() == sent
    assert "AAAA2222" in (settings.BACKUP_DIR / "erased-requests.txt").read_text()
    assert verify_backup().path == fetched


def test_old_copies_go(bucket, settings, db):
    for day in ("20260901", "20261101"):
        bucket.put_object(Key=f"clinic-{day}T080000Z.tar.gz.age", Body=b"x")
    bucket.put_object(Key="something-else.txt", Body=b"x")
    path = make_backup(now=NOW)
    assert keys(bucket) == {"clinic-20261101T080000Z.tar.gz.age", "something-else.txt", path.name}


def test_a_copy_that_does_not_leave_is_said_and_sent_later(bucket, settings, db, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(copies, "_elsewhere", lambda: 1 / 0)
        with pytest.raises(troubles.CopyFailed, match="no copy reached BACKUP_COPY_URL"):
            make_backup(now=NOW)
    (path,) = folder.backups()
    assert keys(bucket) == set()
    assert copies.send(now=NOW) == 1
    assert keys(bucket) == {path.name}
    assert copies.send(now=NOW) == 0


def test_nothing_is_fetched_from_nowhere(db, settings):
    with pytest.raises(CommandError, match="BACKUP_COPY_URL is not set"):
        call_command("restore", fetch=True)
