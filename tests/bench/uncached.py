"""The site without its page cache: every page is rendered, under the content stamp as the cache would have it."""

from django.core.wsgi import get_wsgi_application

site = get_wsgi_application()

from clinic_site.core.content_stamp import content_stamp  # noqa: E402  (models come after the set-up)
from clinic_site.core.site_wide import STAMP  # noqa: E402


def application(environ, start_response):
    environ[STAMP] = content_stamp()
    return site(environ, start_response)
