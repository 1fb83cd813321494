"""Ask the web process beside us whether it lives: `python -m clinic_site.check_live`, for an image's HEALTHCHECK."""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


def is_live(*, port: int, site_url: str, timeout: float = 4) -> bool:
    """Return whether /livez at `port` of this machine answers 200 within `timeout` seconds."""
    url = urlsplit(site_url)
    # As the proxy would ask: under the site's name, and https when the site is.
    headers = {"Host": url.netloc, "X-Forwarded-Proto": url.scheme}
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/livez", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    live = is_live(
        port=int(os.environ.get("PORT", "8000")), site_url=os.environ.get("SITE_URL", "http://127.0.0.1:8000")
    )
    sys.exit(0 if live else 1)
