"""What is logged, and in which form. Never a request body, a query string or the text of an exception."""

from django.core.exceptions import ImproperlyConfigured

FORMATTERS = {
    "text": "clinic_site.core.logs.PrivateFormatter",
    "json": "clinic_site.core.logs.JsonFormatter",
}


def logging_config(*, form: str, level: str) -> dict:
    """Return LOGGING with lines of the form "text" or "json". Raises ImproperlyConfigured for another one."""
    if form not in FORMATTERS:
        raise ImproperlyConfigured("LOG_FORMAT must be text or json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"private": {"()": FORMATTERS[form]}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "private"},
            "counter": {"class": "clinic_site.core.counters.FaultCounter", "level": "ERROR"},
        },
        "root": {"handlers": ["console", "counter"], "level": level},
        "loggers": {
            # Django's own handlers would mail whole requests to admins; ours only prints.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # `core.request_log` has a line for each answer; Django's own would be a second one, or hold the query.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
        },
    }
