"""How gunicorn serves the site. Kept small on purpose: one box carries it."""

import os

# Its own lines look like the site's, whose settings say how.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.production")

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
# A worker that has not answered its master for this many seconds is replaced.
timeout = 30
graceful_timeout = 30
keepalive = 5
# No access log: it would tie an address to the pages it read.
accesslog = None
errorlog = "-"
logger_class = "clinic_site.gunicorn_logs.Logger"
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60


def on_starting(server) -> None:
    """Begin to count anew: forget what processes of an earlier start have counted for /metrics."""
    from django.conf import settings

    from clinic_site.core import counters

    counters.forget_dead(folder=settings.METRICS_DIR)
