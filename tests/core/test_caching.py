import time
from datetime import timedelta

import pytest
from django.http import HttpResponse

from clinic_site.core.caching import public
from tests.caching import PUBLIC
from tests.factories.posts import NOW


def test_a_page_is_kept_a_second_by_proxies_and_asked_for_each_time_by_browsers():
    before = int(time.time())
    response = public(HttpResponse())
    assert response["Cache-Control"] == PUBLIC
    assert before <= int(response["X-Accel-Expires"].removeprefix("@")) <= time.time()
    # nginx 1.22 reads nothing of a Cache-Control that comes after its own header.
    assert list(response.headers)[-2:] == ["Cache-Control", "X-Accel-Expires"]


@pytest.mark.parametrize(
    ("seconds", "header"),
    [
        (1_000_000, PUBLIC),
        (1800, "public, max-age=0, s-maxage=1, stale-while-revalidate=1, stale-if-error=1799"),
        (30, "public, max-age=0, s-maxage=1, stale-while-revalidate=1, stale-if-error=29"),
        (0, "public, max-age=0, s-maxage=0, stale-while-revalidate=0, stale-if-error=0"),
        (-5, "public, max-age=0, s-maxage=0, stale-while-revalidate=0, stale-if-error=0"),
    ],
)
def test_nobody_keeps_a_page_past_the_moment_at_which_it_turns_untrue(seconds, header):
    response = public(HttpResponse(), until=NOW + timedelta(seconds=seconds), now=NOW)
    assert response["Cache-Control"] == header
    assert ("X-Accel-Expires" in response) == (seconds > 0)
