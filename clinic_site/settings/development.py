"""How the site runs under `make dev`: reload, full error pages, the debug toolbar when installed."""

import importlib.util

from . import base

globals().update({name: value for name, value in vars(base).items() if name.isupper()})

DEBUG = True
REQUIRE_REVIEW = base.flag("REQUIRE_REVIEW", default=False)
PAGE_CACHE_BYTES = 0
# A machine somebody develops on asks other sites for nothing, unless told to.
CHECK_LINKS = base.flag("CHECK_LINKS", default=False)
ALLOWED_HOSTS = [*base.ALLOWED_HOSTS, "localhost", "127.0.0.1"]
STORAGES = {
    **base.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if importlib.util.find_spec("debug_toolbar"):
    INSTALLED_APPS = [*base.INSTALLED_APPS, "debug_toolbar"]
    MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware", *base.MIDDLEWARE]
    INTERNAL_IPS = ["127.0.0.1"]
    # The toolbar brings inline scripts; the strict policy is tested under the test settings.
    CONTENT_SECURITY_POLICY = None
