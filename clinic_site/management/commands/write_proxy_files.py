"""Write nginx.conf for this site, and the pages that nginx shows when the site cannot answer."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic_site.proxy_files import Proxy, write_proxy_files


class Command(BaseCommand):
    help = "Write nginx.conf and its error pages, made from SITE_URL and FALLBACK_PHONE, into a folder."

    def add_arguments(self, parser) -> None:
        letsencrypt = f"/etc/letsencrypt/live/{settings.SITE_HOST}"
        parser.add_argument("folder", type=Path, help="where to write; nginx must be able to read it")
        parser.add_argument(
            "--upstream",
            action="append",
            help="where the web process listens, such as web:8000; once for each (default: unix:/run/clinic/web.sock)",
        )
        parser.add_argument("--certificate", default=f"{letsencrypt}/fullchain.pem")
        parser.add_argument("--key", default=f"{letsencrypt}/privkey.pem")
        parser.add_argument("--pages", help="the folder as nginx sees it, when it has another path there")
        parser.add_argument("--cache", default="/var/cache/nginx", help="a folder in which nginx may write")
        parser.add_argument("--log", default="/var/log/nginx/access.log")
        parser.add_argument("--http-port", type=int, default=80)
        parser.add_argument("--https-port", type=int, default=443)
        parser.add_argument("--no-ipv6", action="store_true", help="listen on IPv4 alone")

    def handle(self, *args, folder: Path, upstream: list[str] | None, pages: str, no_ipv6: bool, **options) -> None:
        if not settings.SITE_IS_SECURE:
            raise CommandError("SITE_URL must begin with https:// before a proxy can stand in front of the site")
        names = ("certificate", "key", "cache", "log", "http_port", "https_port")
        proxy = Proxy(
            upstreams=upstream or ["unix:/run/clinic/web.sock"],
            pages=pages or str(folder.resolve()),
            addresses=("",) if no_ipv6 else ("", "[::]:"),
            **{name: options[name] for name in names},
        )
        write_proxy_files(folder=folder, proxy=proxy)
        self.stdout.write(f"Wrote {folder}/nginx.conf for {settings.SITE_URL}")
