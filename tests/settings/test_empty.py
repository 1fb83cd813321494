"""A setting that stands in .env without a value counts as not set."""

import subprocess
import sys

import pytest
from django.conf import settings

from tests.gunicorn import production

SHOW = "import django; django.setup(); from django.conf import settings; print(settings.{name})"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("variable", "name", "value"),
    [
        ("REQUIRE_SECOND_STEP", "REQUIRE_SECOND_STEP", "True"),
        ("SITE_IS_PUBLIC", "SITE_IS_PUBLIC", "True"),
        ("EMAIL_TIMEOUT", "EMAIL_TIMEOUT", "10"),
        ("PAGE_CACHE_MB", "PAGE_CACHE_BYTES", str(16 * 1024 * 1024)),
        ("BACKUP_KEEP_DAYS", "BACKUP_KEEP_DAYS", "35"),
    ],
)
def test_an_empty_line_changes_nothing(tmp_path, variable, name, value):
    done = subprocess.run(
        [sys.executable, "-c", SHOW.format(name=name)],
        cwd=settings.BASE_DIR,
        env=production(tmp_path, **{variable: ""}),
        capture_output=True,
        text=True,
    )
    assert (done.stdout.strip(), done.returncode) == (value, 0), done.stderr
