"""How gunicorn serves the site. Kept small on purpose: one box carries it."""

import gc
import os

# Its own lines look like the site's, whose settings say how.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.production")

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "clinic_site.web_worker.Worker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# More than the work needs: a client that is slow to send its form holds one until it is cut.
threads = 24
# A worker that has not answered its master for this many seconds is replaced.
timeout = 30
# Longer than a form waits for a locked database, so that a restart loses none.
graceful_timeout = 30
# nginx opens a connection for each request; browsers that come straight here, as under `make run`, keep theirs.
keepalive = 5
# The sign of life of each worker is a file: in memory, where no busy disk can delay it.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # nosec B108  # only gunicorn’s own files
# No access log: it would tie an address to the pages it read.
accesslog = None
errorlog = "-"
logger_class = "clinic_site.gunicorn_logs.Logger"
control_socket_disable = True
# More than nginx lets through: it answers what is too long with a page of ours. (In HTTP/2 it counts squeezed bytes.)
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190
# What a proxy says of a request is believed by the site alone, and only when TRUST_PROXY says so.
forwarded_allow_ips = ""
forwarder_headers = ""


def on_starting(server) -> None:
    """Begin to count anew: forget what processes of an earlier start have counted for /metrics."""
    from django.conf import settings

    from clinic_site.core import counters

    counters.forget_dead(folder=settings.METRICS_DIR)


def post_worker_init(worker) -> None:
    """Take what is loaded by now, and stays, out of what the garbage collector looks through again and again."""
    gc.collect()
    gc.freeze()
