"""SIGKILL of the worker at each step of a delivery, of the web in the middle of a form, of everything; and reloads."""

import os
import random
import signal
import threading
import time

import pytest

from .databases import in_time
from .invariants import MOST_AFTER_A_CRASH

pytestmark = pytest.mark.faults

UNAVAILABLE_OR_GONE = frozenset({503, None})
# What the mail server sees of a delivery, and what that means for the worker.
STEPS = {
    "EHLO": "after the claim",
    "RCPT": "during the send",
    "DATA": "mail given, no answer",
    "QUIT": "after the send, before the mark",
}


class KillAt:
    """Kills the site's worker when the mail server reaches one step of a delivery, as often as it is armed."""

    def __init__(self, site, step: str) -> None:
        self.site, self.step, self.armed = site, step, threading.Event()

    def __call__(self, step: str) -> None:
        if step == self.step and self.armed.is_set():
            self.armed.clear()
            os.kill(self.site.workers[-1].pid, signal.SIGKILL)


@pytest.mark.either
@pytest.mark.parametrize("step", STEPS)
def test_the_worker_is_killed_at_each_step(trial, site, rounds, step):
    kill = trial.mail.mailbox.at = KillAt(site, step)
    with trial.crowd(seconds=2):
        for _ in range(rounds(full=5, short=1)):
            kill.armed.set()
            assert in_time(lambda: site.workers[-1].poll() is not None, seconds=60)
            in_hand = site.in_hand()
            site.end_leases()
            site.start_worker()
            # The next kill is to meet another mail: each crash may give away one copy of the mail in hand.
            assert in_time(lambda in_hand=in_hand: not site.unsent(in_hand), seconds=60)
    trial.settle(f"worker killed {STEPS[step]}", mails=MOST_AFTER_A_CRASH)


def test_the_worker_is_killed_before_a_claim(trial, site, rounds):
    with trial.crowd(seconds=2):
        for _ in range(rounds(full=5, short=1)):
            with site.database.locked("core_outboxmessage"):
                time.sleep(1.2)  # it looks for mails once a second, and now waits to claim one
                site.kill_workers()
            site.start_worker()
    # Now and then it waits to mark what it has just sent, instead.
    trial.settle("worker killed before the claim", hurry=False, mails=MOST_AFTER_A_CRASH)


@pytest.mark.either
def test_a_web_process_is_killed_in_the_middle_of_a_form(trial, site, rounds):
    chosen = random.Random(4)
    with trial.crowd(seconds=rounds(full=20, short=3)) as crowd:
        for _ in range(rounds(full=20, short=3)):
            before = crowd.arrived()
            in_time(lambda before=before: crowd.arrived() > before + 5 or crowd.is_over, seconds=10)
            if processes := site.web_processes():
                os.kill(chosen.choice(processes), signal.SIGKILL)
            time.sleep(0.5)
    trial.settle("web killed in the middle of a form", drops=True, pages=frozenset({None}))


@pytest.mark.either
def test_reloads_cut_nobody_off(trial, site, rounds):
    times = rounds(full=40, short=4)
    with trial.crowd(seconds=times):
        for _ in range(times):
            before = set(site.web_processes())
            os.kill(site.web.pid, signal.SIGHUP)
            assert in_time(lambda before=before: not before & set(site.web_processes()), seconds=60)
            assert in_time(site.answers, seconds=60)
    trial.settle(f"{times} reloads")


def test_everything_is_killed(trial, site, rounds):
    times, chosen = rounds(full=20, short=3), random.Random(20)
    with trial.crowd(seconds=times, reads_first=True) as crowd:
        for number in range(times):
            before = crowd.acknowledged()
            some = trial.count // (times + 2)
            in_time(lambda before=before, some=some: crowd.acknowledged() > before + some or crowd.is_over, seconds=30)
            time.sleep(chosen.uniform(0, 0.2))
            site.kill(site.web)
            site.kill_workers()
            if site.database.kind == "postgresql" and number % 2:
                site.database.cluster.stop(mode="immediate")
                site.database.cluster.start()
            site.end_leases()
            site.start_worker()
            site.start_web()
            is_back = time.monotonic()
    trial.settle(
        f"everything killed {times} times",
        mails=MOST_AFTER_A_CRASH,
        drops=True,
        pages=UNAVAILABLE_OR_GONE,
        unavailable_until=is_back,
    )
