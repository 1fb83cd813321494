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
    css = re.sub(r' ?([{};,>/]) ?(?=(?:[^"]*"[^"]*")*[^"]*$)', r"\1", css)
    return re.sub(r"(?<=[\w-]): (?=[^{}]*[;}])", ":", css).replace(";}", "}").strip()


class BundledManifestStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files, the style sheet in one piece."""

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run and STYLE_SHEET in paths:
            self._bundle(paths)
            # Django hashes what it finds under `paths`, which is the source, not what is in STATIC_ROOT.
            paths = {**paths, STYLE_SHEET: (self, STYLE_SHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def _bundle(self, paths) -> None:
        """Write the bundle from the sources in `paths`.

        Never from STATIC_ROOT: collectstatic copies no file that looks unchanged there, so after
        a change to a part alone, the style sheet it holds is the bundle of an earlier run.
        """
        folder = PurePosixPath(STYLE_SHEET).parent

        def read(name: str) -> str:
            storage, path = paths[str(folder / name)]
            with storage.open(path) as file:
                return file.read().decode()

        css = squeeze(IMPORT.sub(lambda match: read(match[1]), read(PurePosixPath(STYLE_SHEET).name)))
        with open(self.path(STYLE_SHEET), "w") as file:
            file.write(css)
