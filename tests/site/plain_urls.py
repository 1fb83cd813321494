"""The site's addresses with bare error pages: for tests that ask for thousands of refusals."""

from django.http import HttpResponse

from clinic_site.urls import handler400, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def handler403(request, exception) -> HttpResponse:
    return HttpResponse(status=403)


def handler404(request, exception) -> HttpResponse:
    return HttpResponse(status=404)
