"""Small guards around every request."""

import logging

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponsePermanentRedirect, UnreadablePostError
from django.middleware.common import CommonMiddleware

from .redirects import answer
from .unavailable import unavailable_response

logger = logging.getLogger(__name__)

# Nobody opens these in a browser. A redirect would hide that a monitor sends its token in the clear.
MACHINES_ONLY = {"/livez", "/readyz", "/metrics"}


class SecureRedirectMiddleware:
    """Send http to https when the site's address is https, without losing a posted form.

    A 301 makes browsers come back with an empty GET; 308 keeps method and body.
    """

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        if settings.SITE_IS_SECURE and not request.is_secure():
            if request.path in MACHINES_ONLY:
                return HttpResponse("Ask by https.\n", status=403, content_type="text/plain; charset=utf-8")
            target = f"{settings.SITE_URL}{request.get_full_path()}"
            return HttpResponsePermanentRedirect(target, preserve_request=request.method not in ("GET", "HEAD"))
        return self.get_response(request)


class SlashMiddleware(CommonMiddleware):
    """Django's CommonMiddleware, whose added slash keeps the body of a posted form."""

    def process_request(self, request):
        # Refuses an unknown host with a 400. What else CommonMiddleware does here (PREPEND_WWW,
        # blocked user agents) this site does not use.
        request.get_host()

    def process_response(self, request, response):
        if response.status_code == 404 and self.should_redirect_with_slash(request):
            keep = request.method not in ("GET", "HEAD")
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True), preserve_request=keep)
        if not response.streaming and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response


class UnavailableMiddleware:
    """Answer 503 with the phone number, not 500, when the database cannot be reached."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, OperationalError | InterfaceError):
            logger.exception("database unavailable")
            return unavailable_response()
        if isinstance(exception, UnreadablePostError):
            # They stopped in the middle of a form and were cut: nothing of ours is broken.
            return HttpResponse(status=408)
        return None


class MovedMiddleware:
    """Where no page answers, look whether it moved. A page that is there wins over a redirect."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 404 and request.method in ("GET", "HEAD"):
            return answer(request) or response
        return response


class NotForSearchMiddleware:
    """Keep every answer of a test or staging site out of search engines, files included."""

    def __init__(self, get_response) -> None:
        if settings.SITE_IS_PUBLIC:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
