"""The pictures that staff uploaded, from whatever storage they lie in, at addresses of our own host."""

import logging
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from django.core.files.base import File
from django.http import FileResponse, Http404, HttpResponse
from django.views.decorators.http import require_safe

from clinic_site.core.art import scene
from clinic_site.core.images import CONTENT_TYPES
from clinic_site.core.media_files import FileUnreadable, open_stored
from clinic_site.core.models import Picture, Rendition

logger = logging.getLogger(__name__)

# A name is never used for other content, so a file may be kept for ever; its stand-in may not.
KEEP = "public, max-age=31536000, immutable"
KEEP_STAND_IN = "public, max-age=60"
# Whoever opens a picture as a page gets a picture and nothing that can run.
POLICY = "sandbox; default-src 'none'"


class Store:
    """The storage as readers use it. One that does not answer is spared, so that it cannot hold every thread.

    After a failure that took longer than a second, one reader in five seconds asks it again.
    """

    SLOW_SECONDS, REST_SECONDS = 1.0, 5.0

    def __init__(self, *, open_file: Callable[[str], File] = open_stored, clock: Callable[[], float] = time.monotonic):
        self._open_file, self._clock = open_file, clock
        self._is_away, self._ask_again_at = False, 0.0

    def open(self, path: str) -> File:
        """Return the file at `path`, open for reading. Raises FileUnreadable."""
        began_at = self._clock()
        if self._is_away:
            if began_at < self._ask_again_at:
                raise FileUnreadable("the store did not answer a moment ago")
            self._ask_again_at = began_at + self.REST_SECONDS
        try:
            file = self._open_file(path)
        except FileUnreadable:
            # A file that is missing is said at once.
            self._is_away = self._clock() - began_at > self.SLOW_SECONDS
            self._ask_again_at = self._clock() + self.REST_SECONDS
            raise
        self._is_away = False
        return file


store = Store()


@require_safe
def media(request, path: str) -> HttpResponse:
    """A picture, or a file made of one, that a row names; nothing else that may lie in the storage.

    A file that is missing is stood in for by a drawn landscape of the same size.
    """
    if "\0" in path:  # PostgreSQL does not take it
        raise Http404
    found = Picture.objects.filter(file=path).first() or Rendition.objects.filter(file=path).first()
    if found is None:
        raise Http404
    try:
        file = store.open(path)
    except FileUnreadable as error:
        logger.warning("the file %s cannot be shown: %s", path, error)
        response = _stand_in(path, width=found.width, height=found.height)
    else:
        content_type = CONTENT_TYPES.get(PurePosixPath(path).suffix[1:], "application/octet-stream")
        response = FileResponse(file, content_type=content_type)
        response.headers["Cache-Control"] = KEEP
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _stand_in(path: str, *, width: int, height: int) -> HttpResponse:
    response = HttpResponse(scene(path, width=width, height=height), content_type="image/svg+xml")
    response.headers["Cache-Control"] = KEEP_STAND_IN
    return response
