"""List pictures whose files are missing, and make anew what can be made."""

import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic_site.core.media_files import is_readable
from clinic_site.core.models import Picture, Rendition
from clinic_site.core.renditions import attempt_renditions


class Command(BaseCommand):
    help = "List missing picture files and make renditions anew. Ends with 1 when any file was missing."

    def handle(self, *args, **options) -> None:
        missing = 0
        pictures = Picture.objects.prefetch_related("renditions").order_by("pk")
        for picture in pictures.iterator(chunk_size=100):
            if not is_readable(picture.file.name):
                missing += 1
                self.stdout.write(f"missing: {picture.file.name} (picture {picture.pk}, {picture.title})")
            gone = [row for row in picture.renditions.all() if not is_readable(row.file.name)]
            missing += len(gone)
            for row in gone:
                self.stdout.write(f"missing: {row.file.name} (made of picture {picture.pk})")
            self._make_anew(picture, gone)
        if missing:
            self.stdout.write(f"{missing} missing. Upload the pictures again, or bring var/media back from a backup.")
            sys.exit(1)
        self.stdout.write("No file is missing.")

    def _make_anew(self, picture: Picture, gone: list[Rendition]) -> None:
        if not gone and picture.renditions_due_at is None:
            return
        Rendition.objects.filter(pk__in=[row.pk for row in gone]).delete()
        is_done, fault = attempt_renditions(picture)
        # Fenced: a file that was replaced meanwhile stays due.
        same = Picture.objects.filter(pk=picture.pk, file=picture.file.name)
        same.update(renditions_due_at=None if is_done else timezone.now(), rendition_error=fault)
        if is_done:
            self.stdout.write(f"made anew: what readers see of picture {picture.pk}, {picture.title}")
        else:
            self.stdout.write(f"not made: what readers see of picture {picture.pk}, {picture.title}. {fault}")
