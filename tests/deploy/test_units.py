"""The units for one machine: sound, and as closed as systemd's own measure asks."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from django.conf import settings

UNITS = Path(settings.BASE_DIR) / "deploy" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))


def unit(name: str) -> ConfigParser:
    """Read a unit; keys keep their case, and of one that is repeated the last is kept."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNITS / name)
    return parser


def test_there_is_one_for_each_process_of_the_procfile():
    procfile = (Path(settings.BASE_DIR) / "Procfile").read_text().splitlines()
    assert sorted(f"clinic-{line.partition(':')[0]}.service" for line in procfile) == SERVICES
    for line in procfile:
        name, _, command = line.partition(": ")
        started = unit(f"clinic-{name}.service")["Service"]["ExecStart"]
        assert started == f"/opt/clinic/current/.venv/bin/{command}"


def test_the_worker_gives_way_to_visitors():
    weights = [int(unit(name)["Service"].get("CPUWeight", "100")) for name in SERVICES]
    assert dict(zip(SERVICES, weights, strict=True)) == {"clinic-web.service": 100, "clinic-worker.service": 20}


@pytest.mark.parametrize("name", SERVICES)
def test_exposure_is_1_5_or_better(name):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", str(UNITS / name)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-200:] + result.stderr
    assert "Overall exposure level" in result.stdout


def test_the_web_service_waits_for_requests_in_hand_and_is_handed_its_socket():
    from clinic_site import gunicorn_conf

    service = unit("clinic-web.service")
    assert service["Unit"]["Requires"] == "clinic-web.socket"
    assert int(service["Service"]["TimeoutStopSec"]) > gunicorn_conf.graceful_timeout
    assert unit("clinic-web.socket")["Socket"]["ListenStream"] == "/run/clinic/web.sock"


def test_the_worker_has_time_to_finish_the_mail_in_hand():
    timeout = int(unit("clinic-worker.service")["Service"]["TimeoutStopSec"])
    assert timeout > settings.EMAIL_TIMEOUT + settings.DATABASE_TIMEOUT
