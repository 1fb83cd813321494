"""The WSGI application that gunicorn serves."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.production")

site = get_wsgi_application()

from clinic_site.core.content_stamp import content_stamp  # noqa: E402  (models come after the set-up)
from clinic_site.core.page_cache import PageCache  # noqa: E402

application = site
if settings.PAGE_CACHE_BYTES:
    application = PageCache(site, stamp=content_stamp, most_bytes=settings.PAGE_CACHE_BYTES)
# A broken set-up stops the start, instead of showing itself page by page.
call_command("check", "--deploy", "--tag", "clinic")
