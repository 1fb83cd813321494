"""What DATABASE_URL may say of PostgreSQL, and how soon a lost one is noticed."""

import importlib.util

from clinic_site.settings import base


def settings_with(monkeypatch, address: str) -> dict:
    monkeypatch.setenv("DATABASE_URL", address)
    spec = importlib.util.spec_from_file_location("clinic_site.settings.base_again", base.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DATABASES["default"]


def test_two_hosts_of_which_one_can_be_written(monkeypatch):
    found = settings_with(monkeypatch, "postgres://clinic:pw@db1:5432,db2:5432/site?target_session_attrs=read-write")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db1,db2", "5432,5432", "site")
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"
    assert "statement_timeout=30s" in found["OPTIONS"]["options"]


def test_a_lost_server_is_noticed_and_what_the_address_says_wins(monkeypatch):
    options = settings_with(monkeypatch, "postgres://clinic@db/site")["OPTIONS"]
    assert options["connect_timeout"] == 3
    # Longer than a cable is out that somebody knocked against, shorter than a visitor waits.
    assert 4_000 <= options["tcp_user_timeout"] <= 10_000
    assert options["keepalives_idle"] + options["keepalives_count"] * options["keepalives_interval"] <= 12
    assert settings_with(monkeypatch, "postgres://clinic@db/site?connect_timeout=9")["OPTIONS"]["connect_timeout"] == 9
    assert settings_with(monkeypatch, "postgres://clinic@db/site")["CONN_HEALTH_CHECKS"]
