"""The checks that stop a start or warn before one: each fires, and is silent when all is right."""

import subprocess
import sys
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from django.core import checks
from django.db import OperationalError, connection
from django.utils import timezone
from pyrage import x25519

from clinic_site import checks as ours
from clinic_site import disks, record_checks
from clinic_site.core.models import WorkerBeat
from tests.factories.consults import make_recipient
from tests.factories.locations import make_location
from tests.gunicorn import production

GOOD_KEY = urlsafe_b64encode(bytes(range(32))).decode()


def ids(found: list) -> list[str]:
    return [message.id for message in found]


@pytest.mark.parametrize(
    ("hosts", "found"), [(["clinic.example"], []), (["*"], ["clinic.E001"]), ([".example"], ["clinic.E001"])]
)
def test_a_wildcard_host_is_refused(settings, hosts, found):
    settings.ALLOWED_HOSTS = hosts
    assert ids(ours.hosts_are_named(None)) == found


@pytest.mark.parametrize(
    ("secure", "proxy", "found"),
    [(True, False, ["clinic.E002"]), (True, True, []), (False, False, []), (False, True, [])],
)
def test_a05_an_https_site_needs_a_declared_proxy(settings, secure, proxy, found):
    settings.SITE_IS_SECURE, settings.TRUST_PROXY = secure, proxy
    assert ids(ours.proxy_is_declared(None)) == found


def test_a37_a_start_without_collected_static_files_fails(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "x.ManifestStorage"}}
    assert ids(ours.static_files_are_collected(None)) == ["clinic.E003"]
    (tmp_path / "staticfiles.json").write_text("{}")
    assert ids(ours.static_files_are_collected(None)) == []


def test_unset_mail_is_a_warning(settings):
    settings.MAIL_IS_CONFIGURED = False
    assert ids(ours.mail_is_set(None)) == ["clinic.W001"]


@pytest.mark.parametrize(
    ("url", "secure", "found"),
    [
        ("", True, []),
        ("https://monitor.example/ping", True, []),
        ("http://monitor.example/ping", True, ["clinic.W002"]),
        ("http://127.0.0.1:9000/ping", False, []),
        ("monitor.example/ping", False, ["clinic.W002"]),
    ],
)
def test_a_heartbeat_in_the_clear_is_a_warning(settings, url, secure, found):
    settings.HEARTBEAT_URL, settings.SITE_IS_SECURE = url, secure
    assert ids(ours.heartbeat_is_secure(None)) == found


@pytest.mark.parametrize(
    ("keys", "secure", "copies", "found"),
    [
        ([], True, "s3://x", ["clinic.W010"]),
        (["AGE-…"], True, "", ["clinic.W011"]),
        (["AGE-…"], True, "s3://x", []),
        (["AGE-…"], False, "", []),
    ],
)
def test_backups_that_are_not_made_or_lie_here_alone_are_a_warning(settings, keys, secure, copies, found):
    settings.BACKUP_KEYS, settings.SITE_IS_SECURE, settings.BACKUP_COPY_URL = keys, secure, copies
    assert ids(ours.backups_are_made(None)) == found


BACKUPS = {"BACKUP_KEY": str(x25519.Identity.generate()), "BACKUP_COPY_URL": "s3://copies?region=us-east-1"}
GOOD = {"FIELD_KEYS": [GOOD_KEY], "LOOKUP_KEY": "kD8-qxNf0aTzPm3vLr7yWsUe5hJc2bGi"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"FIELD_KEYS": []}, ["clinic.E004"]),
        ({"FIELD_KEYS": [GOOD_KEY, "no key"]}, ["clinic.E004"]),
        ({"FIELD_KEYS": [GOOD_KEY[:-4]]}, ["clinic.E004"]),
        ({"FIELD_KEYS": [urlsafe_b64encode(bytes(32)).decode(), GOOD_KEY]}, ["clinic.W003"]),
        ({"LOOKUP_KEY": "changeme"}, ["clinic.W003"]),
        ({"LOOKUP_KEY": "x" * 40}, ["clinic.W003"]),
    ],
)
def test_keys_that_are_missing_or_guessable_are_named(settings, changes, found):
    for name, value in {**GOOD, **changes}.items():
        setattr(settings, name, value)
    assert ids(ours.keys_are_good(None)) == found


@pytest.mark.parametrize(
    ("host", "secure", "found"),
    [
        ("clinic.example", False, ["clinic.W004"]),
        ("1.1.1.1", False, ["clinic.W004"]),
        ("clinic.example", True, []),
        ("localhost", False, []),
        ("127.0.0.1", False, []),
        ("::1", False, []),
        ("192.168.1.5", False, []),
    ],
)
def test_a_public_site_in_the_clear_is_a_warning(settings, host, secure, found):
    settings.SITE_HOST, settings.SITE_IS_SECURE = host, secure
    assert ids(ours.address_is_https(None)) == found


@pytest.fixture
def own_folders(settings, tmp_path):
    """A site that keeps everything in files below a folder of its own."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "var" / "media"
    settings.MAIL_IS_CONFIGURED = False
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "x.FileSystemStorage"}}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "var" / "db" / "clinic.sqlite3")}
    settings.DATABASES = {"default": database}
    return tmp_path / "var"


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_folders_that_cannot_be_written_stop_the_start(settings, own_folders):
    assert ids(ours.folders_can_be_written(None)) == []  # they can be made
    own_folders.write_text("a file where a folder should be")
    assert ids(ours.folders_can_be_written(None)) == ["clinic.E005"] * 3
    # Nothing is written there when everything lies elsewhere.
    settings.MAIL_IS_CONFIGURED = True
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "x.PrivateS3Storage"}}
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "clinic"}}
    assert ids(ours.folders_can_be_written(None)) == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("ext4", []),
        ("xfs", []),
        ("overlay", []),
        ("fuseblk", []),
        ("nfs4", ["clinic.W005"]),
        ("cifs", ["clinic.W005"]),
        ("smb3", ["clinic.W005"]),
        ("fuse.sshfs", ["clinic.W005"]),
        ("9p", ["clinic.W005"]),
        ("ceph", ["clinic.W005"]),
        ("virtiofs", ["clinic.W005"]),
    ],
)
def test_sqlite_on_a_network_disk_is_a_warning(settings, own_folders, tmp_path, monkeypatch, kind, found):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n31 22 0:40 / {own_folders} rw - {kind} server:/x rw\n"
    )
    monkeypatch.setattr(disks, "MOUNTS", mounts)
    assert ids(ours.sqlite_is_on_a_disk_of_its_own_machine(None)) == found
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "clinic"}}
    assert ids(ours.sqlite_is_on_a_disk_of_its_own_machine(None)) == []


def test_where_nothing_tells_of_mounts_nothing_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "none")
    assert not disks.is_on_network(tmp_path)


def test_the_innermost_and_latest_mount_counts(tmp_path):
    mounts = "\n".join(
        [
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            "2 1 0:1 / /srv/my\\040site rw - nfs server:/x rw",
            "3 1 0:2 / /srv/my\\040site rw - ext4 /dev/sdb1 rw",
            "4 1 0:3 / /srv/my rw - cifs //server/x rw",
        ]
    )
    found = [disks.file_system_of(tmp_path.__class__(path), mounts=mounts) for path in ("/srv/my site/var", "/srv/my")]
    assert found == ["ext4", "cifs"]
    assert disks.MOUNTS.read_text() == "" or disks.file_system_of(tmp_path, mounts=disks.MOUNTS.read_text())


# What the database knows --------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_worker_that_was_not_seen_lately_is_a_warning():
    now = timezone.now()
    assert ids(record_checks.worker_is_seen()) == ["clinic.W021"]
    beat = WorkerBeat.objects.create(host="test", seen_at=now - timedelta(minutes=3))
    assert ids(record_checks.worker_is_seen()) == ["clinic.W021"]
    WorkerBeat.objects.filter(pk=beat.pk).update(seen_at=now)
    assert ids(record_checks.worker_is_seen()) == []


@pytest.mark.django_db
def test_clinics_without_recipient_and_recipients_without_code_are_warnings():
    auburn = make_location(name="Auburn")
    assert ids(record_checks.clinics_have_recipients()) == ["clinic.W022"]
    recipient = make_recipient(location=auburn, verified_at=None)
    assert ids(record_checks.clinics_have_recipients()) == ["clinic.W022"]
    (waiting,) = record_checks.recipients_are_verified()
    assert waiting.id == "clinic.W023"
    assert recipient.email not in str(waiting)
    type(recipient).objects.update(verified_at=timezone.now())
    assert record_checks.clinics_have_recipients() == record_checks.recipients_are_verified() == []


@pytest.mark.django_db
def test_clocks_that_differ_are_a_warning(time_machine):
    assert record_checks.clocks_agree() == []
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    found = ids(record_checks.clocks_agree())
    assert found == (["clinic.W024"] if connection.vendor == "postgresql" else [])


def test_a_database_that_is_away_is_one_warning(monkeypatch):
    def away():
        raise OperationalError("no route to db.clinic.example")

    monkeypatch.setattr(record_checks, "worker_is_seen", away)
    (found,) = record_checks.records_are_in_order(None)
    assert found.id == "clinic.W020"
    assert "db.clinic.example" not in str(found)


# All of them --------------------------------------------------------------------------------------


def check(environment: dict, *arguments: str) -> tuple[int, str]:
    """Return how `manage.py check --deploy --fail-level WARNING` ended and what it said."""
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_configured_production_site_passes_every_check_and_a_careless_one_does_not(tmp_path):
    WorkerBeat.objects.create(host="test", seen_at=timezone.now())
    make_recipient(location=make_location(name="Auburn"))
    configured = production(tmp_path, FIELD_KEYS=GOOD_KEY, LOOKUP_KEY=GOOD["LOOKUP_KEY"], **BACKUPS)
    status, said = check(configured)
    assert (status, said) == (0, "System check identified no issues (1 silenced).\n")
    careless = {
        "DJANGO_SETTINGS_MODULE": "clinic_site.settings.development",  # with DEBUG
        "SECRET_KEY": "django-insecure-x",
        "EXTRA_HOSTS": "*",
        "TRUST_PROXY": "",
        "EMAIL_URL": "",
        "LOOKUP_KEY": "changeme",
        "HEARTBEAT_URL": "http://monitor.example/",
    }
    status, said = check({**configured, **careless})
    assert status == 1
    for name in ("security.W018", "security.W009", "E001", "E002", "W001", "W002", "W003"):
        assert f"{name})" in said, name


def test_our_checks_are_registered():
    names = {check.__name__ for check in checks.registry.registry.get_checks(include_deployment_checks=True)}
    assert {
        "hosts_are_named",
        "proxy_is_declared",
        "static_files_are_collected",
        "mail_is_set",
        "heartbeat_is_secure",
        "backups_are_made",
        "keys_are_good",
        "address_is_https",
        "folders_can_be_written",
        "sqlite_is_on_a_disk_of_its_own_machine",
        "records_are_in_order",
    } <= names


@pytest.mark.parametrize(
    ("secure", "required", "found"), [(True, False, ["clinic.W006"]), (True, True, []), (False, False, [])]
)
def test_an_https_site_requires_a_second_step(settings, secure, required, found):
    settings.SITE_IS_SECURE, settings.REQUIRE_SECOND_STEP = secure, required
    assert ids(ours.second_step_is_required(None)) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": False}, ["clinic.W007"]),
        ({"EMAIL_HOST": "mail.example"}, []),
        ({"EMAIL_HOST": "127.0.0.1", "EMAIL_USE_TLS": False}, []),
        ({"HOST": "10.0.0.7"}, ["clinic.W008"]),
        ({"HOST": "db1.example,db2.example", "OPTIONS": {"sslmode": "require"}}, ["clinic.W008"]),
        ({"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full"}}, []),
        ({"HOST": "database"}, []),
        ({"HOST": "/run/postgresql"}, []),
    ],
)
def test_mail_or_database_of_another_machine_in_the_clear_is_a_warning(settings, monkeypatch, changes, found):
    settings.MAIL_IS_CONFIGURED = True
    settings.EMAIL_HOST, settings.EMAIL_USE_SSL = changes.get("EMAIL_HOST", "localhost"), False
    settings.EMAIL_USE_TLS = changes.get("EMAIL_USE_TLS", True)
    database = {"ENGINE": "x", "HOST": changes.get("HOST", ""), "OPTIONS": changes.get("OPTIONS", {})}
    monkeypatch.setitem(settings.DATABASES, "default", database)
    assert ids(ours.others_are_spoken_to_in_secret(None)) == found
