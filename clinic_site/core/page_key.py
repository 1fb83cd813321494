"""Which of the kept pages a request asks for, if any."""

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.handlers.wsgi import get_path_info
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve

# Characters of a path, a host or a header that we remember: longer ones would fill memory and lead to no page.
LONGEST = 500


def key_of(environ: dict) -> str | None:
    """Return path and declared parameters; None when the request is not for a kept page, or not anonymous."""
    if (
        environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        or not is_anonymous(environ)
        or environ.get("SCRIPT_NAME")
        or max(len(environ["PATH_INFO"]), len(environ.get("HTTP_HOST", ""))) > LONGEST
        or not _is_our_host(environ.get("HTTP_HOST", ""))
        or not _came_securely(environ)
    ):
        return None
    path = environ["PATH_INFO"]
    parameters = _parameters(path)
    if parameters is None:
        return None
    query = environ.get("QUERY_STRING")
    if not query or not parameters:
        return path
    values = dict(parse_qsl(query, keep_blank_values=True))
    declared = urlencode([(name, values[name]) for name in parameters if name in values])
    return f"{path}?{declared}" if declared else path


def is_anonymous(environ: dict) -> bool:
    """True for a reader of whom the request tells nothing: staff have a cookie."""
    return "HTTP_COOKIE" not in environ and "HTTP_AUTHORIZATION" not in environ


def asked_for(environ: dict) -> str:
    """Return path and query as they were asked for."""
    query = environ.get("QUERY_STRING")
    return f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"]


@lru_cache(maxsize=1024)
def _parameters(path: str) -> tuple[str, ...] | None:
    """Return the query parameters that make another page of this path; None when it is not kept."""
    try:
        match = resolve(get_path_info({"PATH_INFO": path}))
    except Resolver404:
        return None
    return getattr(match.func, "page_parameters", None)


@lru_cache(maxsize=128)
def _is_our_host(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def _came_securely(environ: dict) -> bool:
    """True when Django would not send the reader to https first."""
    if not settings.SITE_IS_SECURE:
        return True
    if settings.TRUST_PROXY:
        return environ.get("HTTP_X_FORWARDED_PROTO") == "https"
    return environ.get("wsgi.url_scheme") == "https"
