"""Python imports this at its start wherever this folder is on PYTHONPATH: the process then has a wrong clock.

libfaketime 0.9.10 would do it further outside, but it fakes the deadlines of clock_nanosleep and sem_clockwait
as well: Python 3.11 then sleeps an hour instead of a second. time-machine leaves the monotonic clock alone.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

offset = timedelta(seconds=int(os.environ["CLOCK_OFF_BY_SECONDS"]))
time_machine.travel(datetime.now(UTC) + offset, tick=True).start()
