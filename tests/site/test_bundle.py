"""The style sheet follows its parts, also when collectstatic runs a second time."""

import os

from django.core.management import call_command


def test_a_changed_part_changes_the_collected_style_sheet(settings, tmp_path):
    source, part = tmp_path / "source" / "css", "a.css"
    source.mkdir(parents=True)
    (source / "site.css").write_text('@import url("a.css");\n')
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    for age, color in ((60, "red"), (0, "blue")):
        (source / part).write_text(f"a {{ color: {color} }}\n")
        if age:  # older than the first collection, so that only the second write counts as news
            for path in source.iterdir():
                os.utime(path, (path.stat().st_atime - age, path.stat().st_mtime - age))
        call_command("collectstatic", interactive=False, verbosity=0)
        sheets = {path.read_text() for path in (tmp_path / "collected/css").glob("site*.css")}
        assert f"a{{color:{color}}}" in sheets
        assert (tmp_path / "collected/css/site.css").read_text() == f"a{{color:{color}}}"
