"""Settings of the yardsticks that are Django views: production's database, no middleware, nothing else."""

from clinic_site.settings import base

SECRET_KEY, ALLOWED_HOSTS, DEBUG = base.SECRET_KEY, ["127.0.0.1"], False
DATABASES, DEFAULT_AUTO_FIELD, USE_TZ = base.DATABASES, base.DEFAULT_AUTO_FIELD, True
INSTALLED_APPS = ["tests.bench.bare"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
LOGGING_CONFIG = None
# What gunicorn itself reads of ours.
LOGGING, METRICS_DIR = base.LOGGING, base.METRICS_DIR
