"""The power fails at any moment while forms are stored: nothing that was acknowledged may be missing afterwards."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from .power import STRACE, read_trace, replay

pytestmark = pytest.mark.faults


@pytest.mark.on("sqlite")
def test_the_power_is_cut(stopped_trial, site, tmp_path, rounds):
    states = rounds(full=1000, short=250)
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; on Debian: apt-get install strace")
    if subprocess.run([*STRACE, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace anything here")
    file, trace = site.database.path, tmp_path / "trace"
    before = {file.name: file.read_bytes()}
    site.start_web(under=(*STRACE, "-o", str(trace)))
    with stopped_trial.crowd(seconds=1) as crowd:
        pass
    (gunicorn,) = Path(f"/proc/{site.web.pid}/task/{site.web.pid}/children").read_text().split()
    os.kill(int(gunicorn), signal.SIGTERM)  # not strace: it has to write down the rest
    site.web.wait(60)
    events = list(read_trace(trace, folder=file.parent))
    acknowledged = {event.name for event in events if event.what == "acknowledged"}
    assert acknowledged == {outcome.reference for outcome in crowd.outcomes}
    assert sum(event.what == "sync-end" for event in events) > len(acknowledged)
    assert replay(events, before=before, states=states, seed=1) == []
    # The same moments on a disk that says "synced" and is not: the replay does find what is lost.
    assert replay(events, before=before, states=20, seed=1, is_honest=False)
    site.start_worker()
    site.start_web()
    stopped_trial.settle(f"power cut, {states} states", hurry=False)
