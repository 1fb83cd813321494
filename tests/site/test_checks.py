"""The checks that stop a start, and what they let through."""

import pytest
from django.core import checks

from clinic_site import checks as ours


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


def test_our_checks_are_registered():
    names = {check.__name__ for check in checks.registry.registry.get_checks(include_deployment_checks=True)}
    assert {
        "hosts_are_named",
        "proxy_is_declared",
        "static_files_are_collected",
        "mail_is_set",
        "heartbeat_is_secure",
        "backups_are_made",
    } <= names
