"""What goes into a backup comes out of it: rows, personal values, pictures, rules of the database."""

import json
import os
import stat
import subprocess
import tarfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pyrage
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from PIL import Image

from clinic_site.backups.archive import MANIFEST
from clinic_site.backups.erased import erase_again, note_erased
from clinic_site.backups.making import make_backup
from clinic_site.backups.restoring import restore
from clinic_site.backups.troubles import FieldKeysDoNotFit, InTheWay
from clinic_site.backups.verifying import verify_backup
from clinic_site.core.models import AuditEntry, JobRun, OutboxMessage, Picture, SearchDocument
from consults.models import Activity, ConsultRequest
from consults.personal_data import Reason, erase_person, read_person
from tests.factories.consults import make_recipient, make_request, make_role
from tests.factories.pictures import ready_picture
from tests.factories.posts import NOW

from .conftest import go_to

pytestmark = pytest.mark.django_db(transaction=True)


def bring_back(path, **options) -> list[str]:
    said = []
    restore(path, **{"replaces": False, "without_keys": False, "now": NOW, "say": said.append, **options})
    return said


def test_everything_comes_back(content, empty_database, media):
    make_recipient()
    request = make_request(name="Dana Whitfield", note="After five, please.")
    Activity.objects.create(request=request, kind="note", at=NOW, note="Called once.")
    Session.objects.create(session_key="x", session_data="", expire_date=NOW + timedelta(days=1))
    picture = ready_picture(Image.new("RGB", (900, 600), "green"))
    files = {path.relative_to(media): path.read_bytes() for path in media.rglob("*") if path.is_file()}
    audited = AuditEntry.objects.count()
    path = make_backup(now=NOW)
    (media / picture.file.name).unlink()
    empty_database()
    said = bring_back(path)
    found = ConsultRequest.objects.get()
    assert (found.reference, found.name, found.note) == (request.reference, "Dana Whitfield", "After five, please.")
    assert Activity.objects.get(kind="note").note == "Called once."
    assert OutboxMessage.objects.get(about=found.subject).state == "queued"
    assert {path.relative_to(media): path.read_bytes() for path in media.rglob("*") if path.is_file()} == files
    assert Picture.objects.get().renditions.exists()
    assert SearchDocument.objects.exists()
    assert not Session.objects.exists()
    assert AuditEntry.objects.count() == audited + 1
    assert AuditEntry.objects.get(action="site-restored").subject == "backup:20261125T151000Z"
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert any("personal values were opened" in line for line in said)
    # Rows get new keys, not those of rows that are there.
    assert make_request(name="Somebody else").pk > found.pk


def test_a_backup_is_private_and_says_nothing_to_others(db, folder):
    make_request(name="Dana Whitfield")
    path = make_backup(now=NOW)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert path.name == "clinic-20261125T151000Z.tar.gz.age"
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n")
    assert b"consults_consultrequest" not in data
    assert sorted(found.name for found in folder.iterdir()) == [".lock", path.name]


def test_it_opens_with_other_peoples_programs(db, tmp_path):
    make_request(name="Dana Whitfield")
    path = make_backup(now=NOW)
    key = pyrage.x25519.Identity.from_str(settings.BACKUP_KEYS[0])
    (tmp_path / "plain.tar.gz").write_bytes(pyrage.decrypt(path.read_bytes(), [key]))
    subprocess.run(["tar", "xzf", "plain.tar.gz"], cwd=tmp_path, check=True)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["counts"]["consults_consultrequest"] == 1
    assert "consults.0001_initial" in manifest["migrations"]
    assert manifest["made_at"] == "2026-11-25T15:10:00+00:00"
    assert "Dana" not in (tmp_path / MANIFEST).read_text()
    with tarfile.open(tmp_path / "plain.tar.gz") as tar:
        assert tar.getnames()[0].startswith("database.")
        assert tar.getnames()[-1] == MANIFEST


def test_it_is_proved_good(content, folder):
    make_recipient()
    make_request()
    path = make_backup(now=NOW)
    found = verify_backup()
    assert (found.path, found.is_loaded) == (path, True)
    assert found.opened > 3
    assert found.rows > 100
    assert (folder / f"{path.name}.verified").exists()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Its own alone: tests that run beside this one prove backups, too.
            scratch = f"{connection.settings_dict['NAME']}_verify"
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [scratch])
            assert cursor.fetchone() == (0,)


def test_a_database_with_requests_is_not_replaced_unasked(content):
    path = make_backup(now=NOW)
    make_request()
    with pytest.raises(InTheWay, match=r"holds 1 requests\. Say --replace"):
        bring_back(path)
    assert ConsultRequest.objects.count() == 1


def test_it_is_replaced_when_asked(empty_database):
    make_request(name="Before")
    first = make_backup(now=NOW)
    other = empty_database()
    bring_back(first)
    make_request(name="After")
    if connection.vendor == "sqlite":  # as a killed process leaves it: with a log beside the file
        log = Path(f"{other}-wal")
        written = log.read_bytes()
        connection.close()
        log.write_bytes(written)
        assert len(written) > 4096
    said = bring_back(first, replaces=True, now=NOW + timedelta(minutes=1))
    assert ConsultRequest.objects.get().name == "Before"
    if connection.vendor == "sqlite":
        assert any("The old database lies in" in line for line in said)
        (aside,) = Path(other).parent.glob("replaced-*")
        assert {path.name for path in aside.iterdir()} >= {"other.sqlite3", "other.sqlite3-wal"}
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite makes its own file")
def test_on_a_new_machine_nothing_is_in_the_way(empty_database, tmp_path):
    make_request(name="Before")
    path = make_backup(now=NOW)
    empty_database()
    connection.settings_dict["NAME"] = str(tmp_path / "var" / "db" / "clinic.sqlite3")
    assert "There was no database before." in bring_back(path)
    assert ConsultRequest.objects.get().name == "Before"


def test_a_database_that_cannot_be_reached_is_said(empty_database):
    path = make_backup(now=NOW)
    wrong = "/proc/nowhere/clinic.sqlite3" if connection.vendor == "sqlite" else "clinic_that_is_not_there"
    empty_database()
    go_to(wrong)
    for command in (["backup"], ["restore", str(path), "--replace"]):
        with pytest.raises(CommandError):
            call_command(*command, stdout=StringIO())


def test_who_was_erased_since_is_erased_again(empty_database, folder):
    kept = make_request(phone="tel:+1-205-555-0101", phone_as_typed="205-555-0101", email="")
    gone = make_request(phone="tel:+1-205-555-0102", phone_as_typed="205-555-0102", email="")
    path = make_backup(now=NOW)
    owner = make_role("Owner")
    person = read_person("205-555-0102")
    later = NOW + timedelta(hours=1)
    assert erase_person(person, reason=Reason.ASKED, expected=1, user=owner, now=later)
    note_erased(now=later)
    note_erased(now=later)
    lines = (folder / "erased-requests.txt").read_text().splitlines()
    assert lines[1:] == [f"{gone.reference} 2026-11-25"]
    empty_database()
    said = bring_back(path, now=later)
    assert [request.reference for request in ConsultRequest.objects.all()] == [kept.reference]
    assert "Erased again, as they were since the backup: 1 requests." in said
    assert AuditEntry.objects.get(action="request-erased").subject == gone.subject
    # The audit trail of that time does not know of it: the file still does.
    note_erased(now=later + timedelta(minutes=5))
    assert gone.reference in (folder / "erased-requests.txt").read_text()
    assert erase_again(now=later) == 0


def test_lines_are_forgotten_once_no_backup_can_know_them(db, folder):
    folder.mkdir()
    (folder / "erased-requests.txt").write_text("# head\nAAAA2222 2026-09-01\nBBBB3333 2026-11-01\n")
    note_erased(now=NOW)
    assert "AAAA2222" not in (folder / "erased-requests.txt").read_text()
    assert "BBBB3333" in (folder / "erased-requests.txt").read_text()


def test_other_field_keys_are_noticed_before_anything_is_touched(empty_database, settings):
    make_request(name="Dana Whitfield")
    path = make_backup(now=NOW)
    empty_database()
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = ["bm90LXRoZS1rZXktbm90LXRoZS1rZXktbm90LXRoZSE="]
    with pytest.raises(FieldKeysDoNotFit, match="would be unreadable"):
        bring_back(path)
    assert connection.introspection.table_names() == []
    bring_back(path, without_keys=True)
    settings.FIELD_KEYS = [*settings.FIELD_KEYS, *right]
    assert ConsultRequest.objects.get().name == "Dana Whitfield"


def test_an_older_key_of_backups_still_reads(db, settings):
    path = make_backup(now=NOW)
    settings.BACKUP_KEYS = [str(pyrage.x25519.Identity.generate()), *settings.BACKUP_KEYS]
    assert verify_backup(path).is_loaded


def test_the_commands(content, folder):
    out = StringIO()
    call_command("backup", stdout=out)
    assert "Wrote " in out.getvalue()
    call_command("verify_backup", stdout=out)
    assert "is good: " in out.getvalue()
    assert {(run.name, run.error) for run in JobRun.objects.all()} == {("backup", ""), ("verify-backup", "")}
    with pytest.raises(CommandError, match=r"is not there"):
        call_command("verify_backup", str(folder / "none"), stdout=out)
    make_request()
    with pytest.raises(CommandError, match=r"Say --replace"):
        call_command("restore", latest=True, stdout=out)
    assert timezone.now() - JobRun.objects.get(name="backup").finished_at < timedelta(minutes=1)
