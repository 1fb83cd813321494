"""How gunicorn serves the site. Kept small on purpose: one box carries it."""

import os

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
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# No access log: it would tie an address to the pages it read.
accesslog = None
errorlog = "-"
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
