"""MEDIA_STORAGE says where pictures lie; what it cannot mean stops the start, in words."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from clinic_site.settings.media import media_storage


def test_without_an_address_pictures_are_files():
    assert media_storage("") == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def test_a_bucket_with_all_it_can_say():
    assert media_storage("s3://clinic-media?endpoint=https://s3.example.com:9000&region=us-east-1&folder=site") == {
        "BACKEND": "clinic_site.s3_storage.PrivateS3Storage",
        "OPTIONS": {
            "bucket_name": "clinic-media",
            "endpoint_url": "https://s3.example.com:9000",
            "region_name": "us-east-1",
            "location": "site",
        },
    }


@pytest.mark.parametrize(
    "address",
    ["clinic-media", "s3://", "https://clinic-media.s3.example.com", "s3://bucket/folder", "s3://bucket?key=secret"],
)
def test_what_is_no_bucket_is_refused_in_words(address):
    with pytest.raises(ImproperlyConfigured, match=r"must read s3://bucket\?endpoint"):
        media_storage(address)


def test_without_a_bucket_no_library_for_buckets_is_loaded():
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'clinic_site.settings.test'; django.setup();"
        "from django.core.files.storage import default_storage; default_storage.url('x'); import clinic_site.urls;"
        "print([name for name in ('boto3', 'botocore', 'storages') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
