"""The image and the containers: nothing secret goes in, nothing runs as root, nothing may be written but the data."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_the_image_takes_packages_by_hash_and_runs_as_a_number():
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER \d{5}:\d{5}$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^VOLUME (.*)$", DOCKERFILE, re.MULTILINE) == ["/data"]
    assert "VAR_DIR=/data" in DOCKERFILE
    assert re.search(r'^HEALTHCHECK .*"clinic_site.check_live"\]$', DOCKERFILE, re.MULTILINE)
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) == {"${BASE}"}


def test_only_what_is_named_goes_into_the_image():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    named = {line[1:] for line in lines if line[0] == "!"}
    assert not named & {".env", "var", "tests", ".git", "deploy"}
    for name in named:
        assert (ROOT / name).exists(), name
    for folder in ("articles", "clinic_site", "consults", "locations", "static", "templates"):
        assert folder in named


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_locked_down(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == ("no" if name == "prepare" else "unless-stopped")
    assert service.get("healthcheck") or service["image"] == "clinic-site"
    assert "privileged" not in service


def test_only_nginx_can_be_reached_and_only_the_site_sees_the_secrets():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    told = {name for name, service in SERVICES.items() if "env_file" in service}
    assert told == {"prepare", "web-a", "web-b", "worker"}


def test_nginx_stands_before_every_web_process_and_nothing_asks_for_more_than_the_image_has():
    sockets = set(re.findall(r"unix:/run/clinic/\w+\.sock", str(SERVICES["prepare"]["command"])))
    webs = [service for name, service in SERVICES.items() if name.startswith("web-")]
    assert len(webs) == 2
    assert sockets == {each for service in webs for each in service["command"] if each.startswith("unix:")}
    server = re.search(r"postgres:(\d+)", SERVICES["database"]["image"])[1]
    # bookworm's pg_dump is of version 15; it reads no newer server.
    assert "bookworm" in DOCKERFILE.splitlines()[1]
    assert server == "15"
