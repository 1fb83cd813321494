"""Where uploaded pictures lie: under var/, or in a bucket."""

from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

KNOWN = {"endpoint": "endpoint_url", "region": "region_name", "folder": "location"}


def media_storage(address: str, *, setting: str = "MEDIA_STORAGE") -> dict:
    """Return Django's settings of the storage at `address`, which stands in `setting`.

    Empty means files under MEDIA_ROOT; `s3://bucket?endpoint=https://…&region=…&folder=…` a bucket
    of Amazon or of anything that speaks S3. The keys are no part of it: boto3 finds them in
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or asks the machine it runs on.
    Raises ImproperlyConfigured when the address is neither.
    """
    if not address:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    url = urlsplit(address)
    given = parse_qs(url.query)
    if url.scheme != "s3" or not url.hostname or url.path.strip("/") or set(given) - set(KNOWN):
        raise ImproperlyConfigured(f"{setting} must read s3://bucket?endpoint=https://…&region=…&folder=…")
    options = {KNOWN[name]: values[-1] for name, values in given.items()}
    return {"BACKEND": "clinic_site.s3_storage.PrivateS3Storage", "OPTIONS": {"bucket_name": url.netloc, **options}}
