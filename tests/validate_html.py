"""`make validate`: every page through the Nu HTML validator. Needs Java and npm."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALIDATOR = ROOT / "var" / "validator"
JAR = VALIDATOR / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def install_validator() -> None:
    if JAR.exists():
        return
    for tool in ("java", "npm"):
        if not shutil.which(tool):
            sys.exit(f"`make validate` needs {tool}")
    print("Fetching the Nu validator ...")
    VALIDATOR.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(VALIDATOR), "vnu-jar"], check=True
    )


def write_pages(folder: Path) -> int:
    """Render every page and state into `folder`, in a database of its own. Return how many."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic_site.settings.test"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'pages.sqlite3'}"
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client, override_settings

    from tests.factories.posts import make_post
    from tests.lighthouse import ARTICLE, fill
    from tests.site.clinic import fill_in_everything
    from tests.site.pages import ERROR_PATHS, PATHS, SEARCHES

    call_command("migrate", verbosity=0)
    call_command("load_content", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    pages = {}
    with override_settings(ROOT_URLCONF="tests.urls"):
        client = Client(raise_request_exception=False)
        for path in [*PATHS, *SEARCHES, *ERROR_PATHS]:
            pages[path] = client.get(path).content
        pages["consult-error"] = client.post("/consult/", {"phone": "557-22"}).content
        pages["thanks"] = client.get(client.post("/consult/", make_post()).headers["Location"]).content
        fill_in_everything()
        fill()
        pages["with-pictures"] = client.get(f"/articles/{ARTICLE}/").content
        for path in ("/", "/locations/", "/locations/birmingham/", "/consult/"):
            pages[f"filled{path}"] = client.get(path).content
    for name, page in pages.items():
        (folder / f"{re.sub(r'[^a-z0-9-]+', '_', name.strip('/').lower()) or 'home'}.html").write_bytes(page)
    return len(pages)


def main() -> None:
    install_validator()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = write_pages(folder)
        result = subprocess.run(
            ["java", "-jar", str(JAR), "--errors-only", "--stdout", *map(str, sorted(folder.glob("*.html")))],
            capture_output=True,
            text=True,
            check=False,
        )
    print(result.stdout, result.stderr, sep="", end="")
    if result.returncode:
        sys.exit(1)
    print(f"{count} pages, 0 errors")


if __name__ == "__main__":
    main()
