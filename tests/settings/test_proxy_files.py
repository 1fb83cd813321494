"""nginx's files follow the site's own settings."""

import re

import pytest
from django.core.management import CommandError, call_command

from clinic_site.core.admin_forms import MAX_MEGABYTES
from clinic_site.proxy_files import other_host


@pytest.fixture
def secure(settings):
    settings.SITE_URL = "https://www.clinic.example"
    settings.SITE_IS_SECURE = True
    settings.FALLBACK_PHONE, settings.FALLBACK_PHONE_LINK = "(205) 555-0100", "+12055550100"


def test_everything_is_filled_in_from_the_settings(secure, tmp_path, capsys):
    call_command("write_proxy_files", tmp_path, upstream=["unix:/a.sock", "web:8000"], pages="/seen/by/nginx")
    config = (tmp_path / "nginx.conf").read_text()
    assert not re.search(r"@[A-Z_]+@", config)
    assert "server unix:/a.sock; server web:8000;" in config
    assert "server_name www.clinic.example clinic.example;" in config
    assert "ssl_certificate /etc/letsencrypt/live/" in config
    assert "listen 443 ssl http2;" in config
    assert "listen [::]:443 ssl http2;" in config
    assert f"client_max_body_size {MAX_MEGABYTES + 1}m;" in config
    assert "root /seen/by/nginx;" in config
    for page in ("away", "too-large", "headers"):
        assert (
            '<a class="nw" href="tel:+12055550100">(205) 555-0100</a>'
            in (tmp_path / "proxy-pages" / f"{page}.html").read_text()
        )
    assert (tmp_path / "static" / "css" / "site.css").stat().st_size > 100


def test_it_can_be_run_again_and_on_a_machine_without_ipv6(secure, tmp_path):
    for _ in range(2):
        call_command("write_proxy_files", tmp_path, no_ipv6=True)
    assert "[::]" not in (tmp_path / "nginx.conf").read_text()


def test_without_https_there_is_nothing_to_write(tmp_path):
    with pytest.raises(CommandError, match="https"):
        call_command("write_proxy_files", tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_name_people_also_type():
    assert other_host("clinic.example") == "www.clinic.example"
    assert other_host("www.clinic.example") == "clinic.example"
