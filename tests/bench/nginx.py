"""nginx in front of the site, with its own cache, and beside it the same bytes from a file."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.smtp import free_port

from .databases import FOLDER
from .servers import Site, wait_for

CONFIGURATION = """
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/tmp;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
  proxy_cache_path {folder}/cache keys_zone=pages:10m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host 127.0.0.1:{upstream};
      proxy_cache pages;
      proxy_cache_use_stale updating;
      proxy_cache_background_update on;
      proxy_cache_lock on;
    }}
    location = /file {{
      root {folder};
      default_type "text/html; charset=utf-8";
      {encoding}
    }}
  }}
}}
"""


@contextmanager
def nginx(*, upstream: int, body: bytes, encoding: str) -> Iterator[Site]:
    """Run nginx before the site on port `upstream`; it serves `body` from a file at /file."""
    folder, port = FOLDER / "nginx", free_port()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "file").write_bytes(body)
    header = f"add_header Content-Encoding {encoding};" if encoding else ""
    path = folder / "nginx.conf"
    path.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=upstream, encoding=header))
    process = subprocess.Popen(["nginx", "-c", str(path), "-p", str(folder)])
    try:
        wait_for(port, "/file")
        site = Site(port=port, pid=process.pid)
        assert site.get("/file")[0] == 200
        yield site
    finally:
        process.terminate()
        process.wait()
