"""Write the whole site as plain files, so that a clinic can leave. OPERATIONS.md says what is in them."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic_site.core.models import AuditEntry
from clinic_site.request_export import export_requests
from clinic_site.site_export import export_content, export_media, readme
from consults.exports import Reason


class Command(BaseCommand):
    help = "Write content, pictures and redirects as plain files into an empty folder; requests only when asked for."

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet, or is empty")
        parser.add_argument(
            "--with-requests", action="store_true", help="names, numbers and notes, too, in the clear: say why"
        )
        parser.add_argument("--reason", choices=Reason.values, help="kept in the audit trail; needed for requests")

    def handle(self, *args, folder: Path, with_requests: bool, reason: str | None, **options) -> None:
        now = timezone.now()
        if with_requests and not reason:
            raise CommandError(f"--with-requests needs a --reason: {', '.join(Reason.values)}.")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise CommandError(f"{folder} is not empty: nothing was written.")
            # First: what could not be finished was begun all the same.
            AuditEntry.record(
                action="site-exported", subject="site", now=now, requests=with_requests, reason=reason or ""
            )
            counts = self._write(folder, with_requests=with_requests, now=now)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}. What is there is not whole.") from None
        self.stdout.write(f"Wrote {folder}: {', '.join(f'{kind} {count}' for kind, count in counts.items())}")

    def _write(self, folder: Path, *, with_requests: bool, now) -> dict[str, int]:
        content = folder / "content"
        content.mkdir()
        counts = export_content(content)
        counts["files"], unreadable = export_media(content / "media")
        for name in unreadable:
            self.stderr.write(f"missing: {name}")
        if with_requests:
            requests = folder / "requests"
            requests.mkdir(mode=0o700)
            counts |= export_requests(requests)
        (folder / "README.txt").write_text(readme(with_requests=with_requests, now=now), encoding="utf-8")
        return counts
