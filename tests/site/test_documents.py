"""Documents cannot drift: settings, cases and budgets are compared with the code."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CASES = (
    "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26 A27 "
    "A28 A29 A30 A31 A32 A33 A34 A35 A36 A37 A38 A39 A40 A41 A42 A43 A44 A45 A46"
)


def read(path: str) -> str:
    return (ROOT / path).read_text()


def settings_read() -> set[str]:
    """The environment variables that the settings and the server configuration read."""
    sources = read("clinic_site/settings/base.py") + read("clinic_site/gunicorn_conf.py")
    return set(re.findall(r'(?:text|flag|env(?:\.\w+)?|environ\.get)\("([A-Z_]+)"', sources)) - {"PORT"}


def test_every_setting_is_explained_and_none_is_invented():
    example = set(re.findall(r"^#? ?([A-Z_]+)=", read(".env.example"), re.MULTILINE))
    assert example == settings_read()
    operations = read("OPERATIONS.md")
    for name in settings_read():
        assert f"`{name}`" in operations, name


def test_every_case_of_the_case_book_has_a_test():
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for case in CASES.split():
        assert re.search(rf"def test_{case.lower()}_", tests), case


def test_files_stay_within_their_budgets():
    budgets = {"py": 300, "html": 120, "css": 200}
    too_long = {}
    for folder in ("clinic_site", "locations", "articles", "consults", "templates", "static/css"):
        for path in (ROOT / folder).rglob("*"):
            limit = budgets.get(path.suffix[1:])
            if limit and "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > limit:
                too_long[str(path.relative_to(ROOT))] = lines
    assert too_long == {}


def test_the_tree_in_architecture_names_what_is_there():
    tree = re.search(r"```\n(.*?)```", read("ARCHITECTURE.md"), re.DOTALL)[1]
    folders = [ROOT / name for name in ("clinic_site", "locations", "articles", "consults", "tests")]
    files = {path.name for folder in folders for path in folder.rglob("*.py")} | {"manage.py"}
    for name in re.findall(r"\b(\w+\.py)\b", tree):
        assert name in files, name
