"""What gunicorn logs of itself, in the form of all our lines. It keeps no access log: core.request_log is ours."""

from django.conf import settings
from django.utils.module_loading import import_string
from gunicorn.glogging import Logger as GunicornLogger


class Logger(GunicornLogger):
    """gunicorn's logger with our formatter, which leaves out the addresses and words of requests."""

    def setup(self, cfg) -> None:
        super().setup(cfg)
        formatter = import_string(settings.LOGGING["formatters"]["private"]["()"])()
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)

    def access(self, resp, req, environ, request_time) -> None:
        """Write nothing, whatever gunicorn was told: it would tie an address to the pages it read."""
