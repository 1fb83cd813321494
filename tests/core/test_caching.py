"""How long who may keep a page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse

from clinic_site.core.caching import public

NOW = datetime(2026, 11, 25, 15, 10, tzinfo=UTC)


def said(until_in: float | None) -> dict[str, int]:
    """What a page that is true for so many seconds says, without `public`."""
    until = None if until_in is None else NOW + timedelta(seconds=until_in)
    parts = public(HttpResponse(), until=until, now=NOW).headers["Cache-Control"].split(", ")
    assert parts.pop(0) == "public"
    return {name: int(value) for name, value in (part.split("=") for part in parts)}


@pytest.mark.parametrize(
    ("until_in", "browser", "proxy", "while_asking", "while_away"),
    [
        (None, 60, 1, 1, 86_399),
        (3600, 60, 1, 1, 3599),
        (30, 30, 1, 1, 29),
        (1.9, 1, 1, 0, 0),
        (0.5, 0, 0, 0, 0),
        (-5, 0, 0, 0, 0),
    ],
)
def test_nobody_keeps_a_page_longer_than_it_is_true(until_in, browser, proxy, while_asking, while_away):
    assert said(until_in) == {
        "max-age": browser,
        "s-maxage": proxy,
        "stale-while-revalidate": while_asking,
        "stale-if-error": while_away,
    }
    if until_in is not None:
        assert proxy + while_away <= max(0, until_in)
