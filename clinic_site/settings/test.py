"""How the test suite runs: production's rules, throw-away secrets, mail in memory."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FIELD_KEYS", "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=")
os.environ.setdefault("LOOKUP_KEY", "only-for-tests-lookup")
os.environ["SITE_URL"] = "http://clinic.example"
os.environ["EMAIL_URL"] = ""
os.environ["MEDIA_STORAGE"] = ""

from . import base

globals().update({name: value for name, value in vars(base).items() if name.isupper()})

DEBUG = False
CHECK_LINKS = False
# Not in the environment: the workers that tests start make no backups.
BACKUP_KEYS = ["AGE-SECRET-KEY-100WTUS5Y07GS75D4F9Z0S53XW04DZMR94L0SEUN7VZF835YPSXFSWWGJYE"]
BACKUP_DIR = base.VAR_DIR / "test-backups"
BACKUP_COPY_URL = ""
# A page that asks the database once for each row fails its test.
INSTALLED_APPS = [*base.INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *base.MIDDLEWARE]
ZEAL_ALLOWLIST = [
    # The stock admin saves the rows of an inline form one by one.
    {"model": "articles.*Block"},
    {"model": "core.Picture"},
    {"model": "locations.*"},
    {"model": "auth.User"},
    # A version of an article names the kind of each of its blocks; Django remembers the kinds.
    {"model": "contenttypes.ContentType"},
    # Signing out reads the session once more, to delete it.
    {"model": "sessions.Session"},
]
ALLOWED_HOSTS = ["clinic.example", "testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = base.VAR_DIR / "test-static"
MEDIA_ROOT = base.VAR_DIR / "test-media"
if base.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: tests with threads and browsers need real, separate connections.
    DATABASES = {
        "default": {
            **base.DATABASES["default"],
            "TEST": {"NAME": str(base.VAR_DIR / "db" / "test.sqlite3")},
        }
    }
