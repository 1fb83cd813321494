"""The headers that every answer carries, whoever gave it: a view, a middleware, WhiteNoise or gunicorn."""

from django.conf import settings

from .caching import NGINX_UNTIL

# For everything that is no page: files, data, redirects, empty answers. Opened by itself it can load and run nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class HeadersMiddleware:
    """Add what no other part of the site has set. Stands inside CSPMiddleware, which fills in the policy of pages."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").endswith("xml"):  # drawings: other XML says it by itself
            response.headers["Content-Type"] += "; charset=utf-8"
        for name, value in settings.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if not _is_page(response):
            response.headers.setdefault("Content-Security-Policy", NOTHING)
        if response.cookies and "public" in response.headers.get("Cache-Control", ""):
            # A cookie that is taken back or given anew is this one browser's, whatever the view said of the page.
            response.headers["Cache-Control"] = "private, no-store"
            response.headers.pop(NGINX_UNTIL, None)
        return response


def _is_page(response) -> bool:
    """True for what a browser draws; the HTML of a redirect it never does."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    is_redirect = 300 <= response.status_code < 400
    return is_html and not is_redirect and (response.streaming or bool(response.content))


def for_refusals() -> dict[str, str]:
    """The headers of an answer that the web server gives by itself, before Django sees the request."""
    headers = {**settings.SECURITY_HEADERS, "Content-Security-Policy": NOTHING, "Cache-Control": "no-store"}
    if settings.SITE_IS_SECURE:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    return headers
