"""One deployment for all tests of it. They use a database of its own, so one of the two suites is enough."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from .stack import NGINX, Stack, running_nginx, running_stack
from .upstream import running_upstream


@pytest.fixture(scope="session")
def nginx() -> None:
    if NGINX is None:
        pytest.skip("nginx is not installed; on Debian: apt-get install nginx-light")
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("tested in the SQLite suite: no database shows through a proxy")


@pytest.fixture(scope="session")
def stack(nginx) -> Iterator[Stack]:
    """The site as it is deployed, in the static files that the suite collected."""
    with running_stack(STATIC_DIR=str(settings.STATIC_ROOT)) as running:
        yield running


@pytest.fixture(scope="session")
def proxy(nginx) -> Iterator[Stack]:
    """nginx before a site that does what ours never should; `proxy.asked` lists what reached it."""
    with running_nginx(STATIC_DIR=str(settings.STATIC_ROOT)) as running, running_upstream(running.socket) as asked:
        running.asked = asked
        yield running


@pytest.fixture(scope="session")
def away(nginx) -> Iterator[Stack]:
    """nginx with nothing behind it."""
    with running_nginx(STATIC_DIR=str(settings.STATIC_ROOT)) as running:
        yield running
