"""The WSGI application that gunicorn serves."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.production")

application = get_wsgi_application()
# A broken set-up stops the start, instead of showing itself page by page.
call_command("check", "--deploy", "--tag", "clinic")
