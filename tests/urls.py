"""The site's addresses, and one for each error page."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.urls import path

from clinic_site.core.body_limits import too_large
from clinic_site.core.redirects import gone
from clinic_site.core.unavailable import unavailable_response
from clinic_site.urls import (  # noqa: F401  (Django reads the handlers from here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from clinic_site.urls import (
    urlpatterns as site_urlpatterns,
)

KEPT = [
    {"name": "name", "label": "Your name", "value": "Dana Whitfield"},
    {"name": "note", "label": "Note", "value": "After five"},
    {"name": "took", "label": "", "value": "9"},
]


def raising(error: Exception):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("errors/400/", raising(SuspiciousOperation())),
    path("errors/403/", raising(PermissionDenied())),
    path("errors/410/", gone),
    path("errors/413/", lambda request: too_large(request, limit=65_536)),
    path("errors/500/", raising(ZeroDivisionError())),
    path("errors/503/", raising(OperationalError())),
    path("errors/503/form/", lambda request: unavailable_response(action="/consult/", kept=KEPT)),
    *site_urlpatterns,
]
