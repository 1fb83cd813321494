"""The WSGI application that gunicorn serves."""

import logging
import os
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from clinic_site.core import counters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.production")

site = get_wsgi_application()
if settings.METRICS_TOKEN:
    counters.share(folder=settings.METRICS_DIR)

from clinic_site.core.content_stamp import content_stamp  # noqa: E402  (models come after the set-up)
from clinic_site.core.page_cache import PageCache  # noqa: E402

application = site
if settings.PAGE_CACHE_BYTES:
    application = PageCache(site, stamp=content_stamp, most_bytes=settings.PAGE_CACHE_BYTES)
# A broken set-up stops the start, instead of showing itself page by page.
said = StringIO()
call_command("check", "--deploy", "--tag", "clinic", stdout=StringIO(), stderr=said, no_color=True)
for line in filter(None, said.getvalue().splitlines()):
    logging.getLogger(__name__).warning("%s", line)
