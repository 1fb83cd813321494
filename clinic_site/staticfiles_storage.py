"""One style sheet out of many, without a build step.

static/css/site.css imports its parts, one file a component, and development serves it like that.
`collectstatic` puts the parts in place of the imports, squeezes the result, and hashes and
compresses it with everything else.
"""

import re
from pathlib import PurePosixPath

from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLE_SHEET = "css/site.css"
IMPORT = re.compile(r'@import url\("([^"]+)"\);')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Strings stay as they are; white space elsewhere means at most one space.
PIECES = re.compile(r'("[^"]*")|\s+')


def squeeze(css: str) -> str:
    """Return `css` without comments and needless white space."""
    css = PIECES.sub(lambda match: match[1] or " ", COMMENT.sub("", css))
    css = re.sub(r' ?([{};,]) ?(?=(?:[^"]*"[^"]*")*[^"]*$)', r"\1", css)
    return re.sub(r"(?<=[\w-]): (?=[^{}]*[;}])", ":", css).replace(";}", "}").strip()


class BundledManifestStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files, the style sheet in one piece."""

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run and STYLE_SHEET in paths:
            self._bundle()
        yield from super().post_process(paths, dry_run, **options)

    def _bundle(self) -> None:
        folder = PurePosixPath(STYLE_SHEET).parent

        def read(name: str) -> str:
            with self.open(str(folder / name)) as file:
                return file.read().decode()

        css = squeeze(IMPORT.sub(lambda match: read(match[1]), read(PurePosixPath(STYLE_SHEET).name)))
        with open(self.path(STYLE_SHEET), "w") as file:
            file.write(css)
