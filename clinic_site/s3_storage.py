"""Pictures in a bucket that nobody else can read. Imported only where MEDIA_STORAGE names one."""

from urllib.parse import urljoin

from botocore.config import Config
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

# Web processes must not hang on a store that does not answer: seconds, and attempts in all.
CLIENT = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 2})


class PrivateS3Storage(S3Storage):
    """An S3 bucket whose files readers get from our own host, so that pages load nothing from elsewhere."""

    def get_default_settings(self) -> dict:
        return {**super().get_default_settings(), "file_overwrite": False, "default_acl": None, "client_config": CLIENT}

    def url(self, name: str, parameters=None, expire=None, http_method=None) -> str:
        """Return the address under MEDIA_URL, never the bucket's."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name))
