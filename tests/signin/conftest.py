"""Signing in as it is in production: a second step is required, and sessions have their limits."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import cache

from tests.factories.posts import NOW


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.REQUIRE_SECOND_STEP = True
    cache.clear()  # allauth remembers codes there, and the clock of every test stands at the same second
    settings.SIGN_IN_LASTS_HOURS, settings.SIGN_IN_IDLE_MINUTES = 12, 60


@pytest.fixture
def clock():
    """The time, which stands still until it is moved."""
    with time_machine.travel(NOW.astimezone(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def now() -> datetime:
    return NOW
