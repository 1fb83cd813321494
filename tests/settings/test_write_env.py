"""Secrets are written once, each fit for what it is for."""

import re
import sys

import pyrage
from cryptography.fernet import Fernet

from clinic_site import write_env


def test_a_new_file_holds_keys_that_work(tmp_path, monkeypatch):
    place = tmp_path / ".env"
    monkeypatch.setattr(write_env, "ENV_FILE", place)
    monkeypatch.setattr(sys, "argv", ["write_env"])
    write_env.main()
    assert place.stat().st_mode & 0o777 == 0o600
    values = dict(re.findall(r"^([A-Z_]+)=(.+)$", place.read_text(), re.MULTILINE))
    assert set(values) == {"SECRET_KEY", "FIELD_KEYS", "LOOKUP_KEY", "BACKUP_KEY"}
    Fernet(values["FIELD_KEYS"])
    pyrage.x25519.Identity.from_str(values["BACKUP_KEY"])
    before = place.read_text()
    write_env.main()
    assert place.read_text() == before


def test_an_older_file_can_get_a_key_for_backups(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(write_env, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setattr(sys, "argv", ["write_env", "backup-key"])
    write_env.main()
    assert not (tmp_path / ".env").exists()
    name, key = capsys.readouterr().out.strip().split("=")
    assert name == "BACKUP_KEY"
    pyrage.x25519.Identity.from_str(key)
