"""Whatever is wrong with a backup or its making is said, in words of its own, and older ones are left alone."""

import errno
import fcntl
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pyrage
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from clinic_site.backups import archive, folder, making, postgres, sealing, troubles
from clinic_site.backups import media as media_in_backups
from clinic_site.backups.folder import backups, rotate
from clinic_site.backups.making import make_backup
from clinic_site.backups.verifying import verify_backup
from clinic_site.core.media_files import FileUnreadable
from clinic_site.core.models import JobRun
from consults.models import ConsultRequest
from tests.factories.consults import make_request
from tests.factories.posts import NOW
from tests.faults.worker import worker_environment

ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")


def sealed_anew(path: Path, change) -> None:
    """Write a backup anew, rightly encrypted, with what `change` makes of its inside, which is a squeezed tar."""
    plain = pyrage.decrypt(path.read_bytes(), sealing.identities())
    path.write_bytes(pyrage.encrypt(change(plain), [sealing.identities()[0].to_public()]))


def replaced(old: bytes, new: bytes):
    """Return a change that puts `new`, which is as long, in the place of `old`."""

    def change(plain: bytes) -> bytes:
        tar = gzip.decompress(plain)
        assert tar.count(old) == 1
        return gzip.compress(tar.replace(old, new))

    return change


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def with_another_key(path: Path) -> None:
    settings.BACKUP_KEYS = [str(pyrage.x25519.Identity.generate())]


FAULTS = {
    "empty": (lambda path: cut(path, 0), troubles.EmptyBackup, "is empty"),
    "cut off in its head": (lambda path: cut(path, 60), troubles.DamagedBackup, "damaged or cut off"),
    "cut off near its end": (
        lambda path: cut(path, path.stat().st_size - 7),
        troubles.DamagedBackup,
        "damaged or cut off",
    ),
    "one bit flipped": (flip, troubles.DamagedBackup, "damaged or cut off"),
    "something else": (lambda path: path.write_text("hello " * 99), troubles.DamagedBackup, "damaged or cut off"),
    "another key": (with_another_key, troubles.WrongKey, "written with another one"),
    "encrypted, but no archive": (
        lambda path: sealed_anew(path, lambda plain: b"hello " * 999),
        troubles.DamagedBackup,
        "cannot be unpacked",
    ),
    "encrypted when it was cut off": (
        lambda path: sealed_anew(path, lambda plain: plain[:-3000]),
        troubles.DamagedBackup,
        "cannot be unpacked",
    ),
    "an archive without a manifest": (
        lambda path: sealed_anew(path, lambda plain: tar_of(b"x")),
        troubles.DamagedBackup,
        "holds no manifest",
    ),
    "not there": (lambda path: path.unlink(), troubles.NoBackup, "There is no backup in"),
}


def tar_of(content: bytes) -> bytes:
    """A tar file, squeezed, with one file and no manifest."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = tarfile.TarInfo("x")
        info.size = len(content)
        tar.addfile(info, BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(("spoil", "error", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_backup_fails_loudly(db, monkeypatch, spoil, error, words):
    monkeypatch.setattr(settings, "BACKUP_KEYS", settings.BACKUP_KEYS)
    path = make_backup(now=NOW)
    spoil(path)
    with pytest.raises(error, match=words):
        verify_backup()
    assert not path.with_name(f"{path.name}.verified").exists()
    with pytest.raises(CommandError, match=words):
        call_command("verify_backup", stdout=StringIO())
    run = JobRun.objects.get(name="verify-backup")
    assert (run.error, bool(run.finished_at)) == (error.__name__, True)
    with pytest.raises(CommandError, match=words):
        call_command("restore", latest=True, replace=True, stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_rows_that_are_not_all_there_are_counted():
    make_request()
    path = make_backup(now=NOW)
    sealed_anew(path, replaced(b'"consults_consultrequest": 1', b'"consults_consultrequest": 2'))
    with pytest.raises(troubles.NotTheSame, match=r"first consults_consultrequest: 1 instead of 2"):
        verify_backup()


def test_a_file_that_is_not_the_one_is_named(db, media):
    media.mkdir()
    (media / "door.jpg").write_bytes(b"a green door")
    path = make_backup(now=NOW)
    sealed_anew(path, replaced(b"a green door", b"a white door"))
    with pytest.raises(troubles.NotTheSame, match=r"1 files are not what the manifest says, first media/door\.jpg"):
        verify_backup()


@pytest.mark.parametrize("keys", [[], ["AGE-SECRET-KEY-1NONSENSE"]])
def test_without_a_good_key_nothing_is_written(db, settings, folder, keys):
    settings.BACKUP_KEYS = keys
    with pytest.raises(troubles.NoKey, match="BACKUP_KEY"):
        make_backup(now=NOW)
    assert not folder.exists()


# Making --------------------------------------------------------------------------------------


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.name != ".lock")


@pytest.mark.parametrize("after", [0, 100, 20_000])
def test_a_full_disk_leaves_the_older_backup(db, folder, monkeypatch, after):
    old = make_backup(now=NOW)
    before = old.read_bytes()
    opened = making.folder.new_private_file

    def small(path):
        file = opened(path)
        write, taken = file.write, []

        class Small:
            def write(self, data):
                taken.append(len(data))
                if sum(taken) > after:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return write(data)

            def __getattr__(self, name):
                return getattr(file, name)

            def __enter__(self):
                return self

            def __exit__(self, *args):
                file.close()

        return Small()

    monkeypatch.setattr(making.folder, "new_private_file", small)
    with pytest.raises(troubles.DiskFull, match="The disk is full"):
        make_backup(now=NOW + timedelta(days=1))
    assert names(folder) == [old.name]
    assert old.read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounts a small disk")
def test_a_really_full_disk(db, folder):
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount")
    try:
        old = make_backup(now=NOW)
        left = os.statvfs(folder)
        (folder / "filler").write_bytes(bytes(left.f_bavail * left.f_bsize - 20_000))
        with pytest.raises(troubles.DiskFull):
            make_backup(now=NOW + timedelta(days=1))
        (folder / "filler").unlink()
        assert names(folder) == [old.name]
        assert archive.check(old)
    finally:
        subprocess.run(["umount", folder], check=True)


def test_two_at_once_leave_each_other_alone(db, folder):
    old = make_backup(now=NOW)
    with (folder / ".lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for work in (lambda: make_backup(now=NOW + timedelta(days=1)), verify_backup):
            with pytest.raises(troubles.AlreadyRunning, match=r"under way\. Nothing was changed"):
                work()
    assert names(folder) == [old.name]


def test_a_picture_that_cannot_be_read_does_not_keep_the_requests_from_being_saved(db, media, monkeypatch):
    media.mkdir()
    (media / "good.jpg").write_bytes(b"good")
    (media / "bad.jpg").write_bytes(b"bad")
    read = media_in_backups.read_stored

    def unreadable(name):
        if name == "bad.jpg":
            raise FileUnreadable("OSError")
        return read(name)

    monkeypatch.setattr("clinic_site.backups.media.read_stored", unreadable)
    manifest = archive.check(make_backup(now=NOW))
    assert manifest["unreadable"] == ["bad.jpg"]
    assert "media/good.jpg" in manifest["files"]


@pytest.mark.django_db(transaction=True)
def test_that_pictures_are_missing_is_said_by_the_check(media, monkeypatch):
    monkeypatch.setattr("clinic_site.backups.media.default_storage.listdir", lambda name: 1 / 0)
    path = make_backup(now=NOW)
    with pytest.raises(troubles.PicturesMissing, match="lacks 1 pictures"):
        verify_backup()
    assert path.exists()


@pytest.mark.skipif(ON_POSTGRESQL, reason="SQLite's own file")
def test_a_database_that_is_broken_is_not_backed_up(db, tmp_path, folder):
    (tmp_path / "broken.sqlite3").write_bytes(b"SQLite format 3\0" + b"garbage" * 9999)
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(tmp_path / "broken.sqlite3")
    try:
        with pytest.raises(troubles.DatabaseUnreadable):
            make_backup(now=NOW)
    finally:
        connection.settings_dict["NAME"] = before
    assert names(folder) == []


@pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL's own programs")
class TestTools:
    def test_a_missing_pg_dump_is_named(self, db, monkeypatch):
        monkeypatch.setattr(postgres.shutil, "which", lambda name: None)
        with pytest.raises(troubles.ToolMissing, match=r"pg_dump is missing: .*postgresql-client-\d+"):
            make_backup(now=NOW)

    def test_an_older_pg_dump_is_refused(self, db, tmp_path, monkeypatch):
        old = tmp_path / "pg_dump"
        old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 11.2'\n")
        old.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(troubles.ToolMissing, match="pg_dump is of version 11, but the server is"):
            make_backup(now=NOW)

    def test_a_pg_dump_that_breaks_off_leaves_nothing(self, db, tmp_path, monkeypatch, folder):
        real = shutil.which("pg_dump")
        broken = tmp_path / "pg_dump"
        broken.write_text(
            f'#!/bin/sh\ncase "$1" in --version) exec {real} "$@";; esac\n'
            "head -c 9000000 /dev/zero; echo 'pg_dump: error: connection lost' >&2; exit 1\n"
        )
        broken.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(troubles.DatabaseUnreadable, match="pg_dump broke off: pg_dump: error: connection lost"):
            make_backup(now=NOW)
        assert names(folder) == []

    @pytest.mark.django_db(transaction=True)
    def test_without_the_right_to_make_databases_the_dump_is_read(self, monkeypatch):
        path = make_backup(now=NOW)
        monkeypatch.setattr(postgres, "_may_create", lambda: False)
        assert not verify_backup(path).is_loaded
        out = StringIO()
        call_command("verify_backup", stdout=out)
        assert "It was not loaded: the database role may not make databases" in out.getvalue()

    @pytest.mark.django_db(transaction=True)
    def test_a_restore_that_breaks_off_changes_nothing(self):
        make_request()
        parts = [("database.dump.00000", BytesIO(b"PGDMP" + b"x" * 1000))]
        with pytest.raises(troubles.RestoreFailed, match="The database did not take the backup"):
            postgres.put_back(iter(parts), now=NOW)
        assert ConsultRequest.objects.count() == 1


# Keeping -------------------------------------------------------------------------------------


def make_files(place: Path, *ages: int, verified: tuple[int, ...] = ()) -> None:
    place.mkdir(exist_ok=True)
    for days in ages:
        path = place / folder.name_for(NOW - timedelta(days=days))
        path.write_bytes(b"x")
        if days in verified:
            folder.mark_verified(path)


def kept() -> list[int]:
    return [(NOW - folder.made_at(path.name)).days for path in backups()]


@pytest.mark.parametrize(
    ("ages", "verified", "left"),
    [
        ((40, 36, 35, 1), (), [35, 1]),
        ((400, 90), (), [90]),
        ((90, 60, 50), (60,), [60, 50]),
        ((90, 60, 1), (90, 60), [60, 1]),
        ((90, 1), (1,), [1]),
    ],
)
def test_old_backups_go_but_never_the_last_good_one(settings, ages, verified, left):
    make_files(settings.BACKUP_DIR, *ages, verified=verified)
    rotate(now=NOW)
    assert kept() == left
    assert len(list(settings.BACKUP_DIR.glob("*.verified"))) == len([days for days in verified if days in left])


def test_other_files_are_left_alone(settings):
    make_files(settings.BACKUP_DIR, 90, 1)
    other = settings.BACKUP_DIR / "clinic-by-hand.tar.gz.age"
    other.write_bytes(b"x")
    rotate(now=NOW)
    assert other.exists()
    assert kept() == [1]


# Stopping ------------------------------------------------------------------------------------

PROGRAM = """
import os, django
django.setup()
from django.conf import settings
settings.BACKUP_KEYS, settings.BACKUP_DIR = [os.environ["KEY"]], __import__("pathlib").Path(os.environ["PLACE"])
from clinic_site.backups import making, commands, reading
from django.utils import timezone
import time
def slow(rows, tables):
    print("copying", flush=True)
    time.sleep(60)
reading.count = slow
commands.ended_by_signal()
making.make_backup(now=timezone.now())
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_backup_that_is_stopped_leaves_nothing_behind(transactional_db, folder, how):
    environment = {**worker_environment(smtp_port=1), "KEY": settings.BACKUP_KEYS[0], "PLACE": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "copying\n"
        process.send_signal(how)
    if how == signal.SIGKILL:
        assert len(names(folder)) == (0 if ON_POSTGRESQL else 1)
        path = make_backup(now=NOW)  # clears it away
        assert names(folder) == [path.name]
    else:
        assert names(folder) == []


HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM django_migrations").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL swaps rows, not files")
@pytest.mark.django_db(transaction=True)
def test_a_database_in_use_is_not_swapped(empty_database):
    path = make_backup(now=NOW)
    other = empty_database()
    call_command("migrate", verbosity=0)
    connection.close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, other],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        holder.stdout.readline()
        inode = os.stat(other).st_ino
        with pytest.raises(CommandError, match=r"stop web and worker first\. Nothing was changed"):
            call_command("restore", str(path), replace=True, stdout=StringIO())
        assert os.stat(other).st_ino == inode
    call_command("restore", str(path), replace=True, stdout=StringIO())
    assert os.stat(other).st_ino != inode
    assert re.fullmatch(r"replaced-\d{8}T\d{6}", next(Path(other).parent.glob("replaced-*")).name)
    assert time.time() - os.stat(other).st_mtime < 60
