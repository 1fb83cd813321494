"""The configuration of nginx and the pages it shows when the site cannot answer, made from the site's settings."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from clinic_site.core.admin_forms import MAX_MEGABYTES
from clinic_site.staticfiles_storage import STYLE_SHEET

TEMPLATE = Path(settings.BASE_DIR) / "deploy" / "nginx.conf"
PAGES = ("away", "too-large", "headers")


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """Where nginx listens, what it stands before, and where its files lie.

    `upstreams` are addresses of web processes, `unix:/path` or `host:port`; `addresses` what to listen on,
    each empty or ending in a colon; `pages` is the folder the files are written to, as nginx sees it.
    """

    upstreams: Sequence[str]
    certificate: str
    key: str
    pages: str
    cache: str = "/var/cache/nginx"
    log: str = "/var/log/nginx/access.log"
    http_port: int = 80
    https_port: int = 443
    addresses: Sequence[str] = ("", "[::]:")

    def config(self, template: str) -> str:
        """Return `template` filled in for the site at SITE_URL."""
        url = urlsplit(settings.SITE_URL)
        values = {
            "HOST": url.hostname,
            "OTHER_HOST": other_host(url.hostname),
            "NETLOC": url.netloc,
            "SITE_URL": settings.SITE_URL,
            "UPSTREAM": " ".join(f"server {address};" for address in self.upstreams),
            "CERTIFICATE": self.certificate,
            "KEY": self.key,
            "PAGES": self.pages,
            "CACHE": self.cache,
            "LOG": self.log,
            "HTTP_PORT": self.http_port,
            "HTTPS_PORT": self.https_port,
            # The form around a photo is small.
            "ADMIN_BODY": f"{MAX_MEGABYTES + 1}m",
        }
        lines = []
        for line in template.splitlines():
            lines += [line.replace("@ADDRESS@", each) for each in self.addresses] if "@ADDRESS@" in line else [line]
        text = "\n".join(lines) + "\n"
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text


def other_host(host: str) -> str:
    """The name people also type: with www when the site's has none, and the other way round."""
    return host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"


def write_proxy_files(*, folder: Path, proxy: Proxy) -> None:
    """Write nginx.conf, the pages and their style sheet into `folder`, which may hold an earlier set."""
    pages = folder / "proxy-pages"
    pages.mkdir(parents=True, exist_ok=True)
    context = {"phone": settings.FALLBACK_PHONE, "phone_link": f"tel:{settings.FALLBACK_PHONE_LINK}"}
    for name in PAGES:
        (pages / f"{name}.html").write_text(get_template(f"proxy/{name}.html").render(context))
    style_sheet = folder / "static" / STYLE_SHEET
    style_sheet.parent.mkdir(parents=True, exist_ok=True)
    collected = Path(settings.STATIC_ROOT) / STYLE_SHEET
    # Before anything was collected, the source will do: its parts come from the site.
    shutil.copyfile(collected if collected.exists() else finders.find(STYLE_SHEET), style_sheet)
    (folder / "nginx.conf").write_text(proxy.config(TEMPLATE.read_text()))
