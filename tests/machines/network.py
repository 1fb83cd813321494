"""Machines that share this computer: each a network namespace, all on one bridge."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

BRIDGE = "clinic-br"
HERE = "10.77.0.1"
# Any address of this net can be spoken from, so that visitors come from many places.
VISITORS = "10.77.128.0/17"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass(frozen=True)
class Machine:
    """A namespace with one address. `cut` and `mend` are the cable at the bridge's end."""

    name: str
    address: str

    @property
    def space(self) -> str:
        return f"clinic-{self.name}"

    @property
    def cable(self) -> str:
        return f"cl-{self.name}"

    def popen(self, *command: str, user: str | None = None, **options) -> subprocess.Popen:
        """Start a command on this machine, in a session of its own."""
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        return subprocess.Popen(
            ["ip", "netns", "exec", self.space, *as_user, *command], start_new_session=True, **options
        )

    def kill_everything(self) -> None:
        """SIGKILL to all that runs here, as when a machine loses power."""
        found = subprocess.run(["ip", "netns", "pids", self.space], check=False, capture_output=True, text=True)
        for pid in map(int, found.stdout.split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def cut(self) -> None:
        run("ip", "link", "set", self.cable, "down")

    def mend(self) -> None:
        run("ip", "link", "set", self.cable, "up")


MACHINES = {
    name: Machine(name, f"10.77.0.{number}")
    for name, number in {
        "front": 10,
        "web1": 21,
        "web2": 22,
        "work1": 31,
        "work2": 32,
        "db1": 41,
        "db2": 42,
        "s3": 51,
    }.items()
}


@contextlib.contextmanager
def network() -> Iterator[dict[str, Machine]]:
    """Plug all machines together until the block ends."""
    _unplug()
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        run("ip", "address", "add", f"{HERE}/16", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        run("ip", "route", "add", "local", VISITORS, "dev", "lo")
        for machine in MACHINES.values():
            _plug_in(machine)
        yield MACHINES
    finally:
        _unplug()


def _plug_in(machine: Machine) -> None:
    run("ip", "netns", "add", machine.space)
    run("ip", "link", "add", machine.cable, "type", "veth", "peer", "name", "eth0", "netns", machine.space)
    run("ip", "link", "set", machine.cable, "master", BRIDGE, "up")
    inside = ["ip", "-n", machine.space]
    run(*inside, "address", "add", f"{machine.address}/16", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")
    run(*inside, "link", "set", "lo", "up")


def _unplug() -> None:
    """Take away what this or an earlier run that was killed left behind."""
    for command in (
        *(["ip", "netns", "delete", machine.space] for machine in MACHINES.values()),
        *(["ip", "link", "delete", machine.cable] for machine in MACHINES.values()),
        ["ip", "route", "delete", "local", VISITORS, "dev", "lo"],
        ["ip", "link", "delete", BRIDGE],
    ):
        subprocess.run(command, check=False, capture_output=True)
