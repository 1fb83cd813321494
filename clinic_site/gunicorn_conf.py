"""How gunicorn serves the site. Kept small on purpose: one box carries it."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "clinic_site.refusals.Worker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
# A worker that has not answered its master for this many seconds is replaced.
timeout = 30
graceful_timeout = 30
keepalive = 5
# No access log: it would tie an address to the pages it read.
accesslog = None
errorlog = "-"
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
# What a proxy says of a request is believed by the site alone, and only when TRUST_PROXY says so.
forwarded_allow_ips = ""
forwarder_headers = ""
