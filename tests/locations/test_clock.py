from datetime import time

import pytest

from locations.clock import clock_text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (time(0), "midnight"),
        (time(0, 5), "12:05 am"),
        (time(9), "9 am"),
        (time(8, 30), "8:30 am"),
        (time(12), "noon"),
        (time(12, 30), "12:30 pm"),
        (time(17), "5 pm"),
        (time(23, 59), "11:59 pm"),
    ],
)
def test_times_read_as_people_say_them(moment, text):
    assert clock_text(moment) == text
