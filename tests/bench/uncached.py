"""The site as Django alone serves it: every page is rendered."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
