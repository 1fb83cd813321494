"""`make lighthouse`: six pages through Lighthouse, mobile preset. Each must score 100 in all four categories.

Needs npm and a Chromium. The site runs as in production, on a database of its own; the reports are
written to var/lighthouse/.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path

from tests.chromium import chromium_path
from tests.smtp import free_port

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "lighthouse"
LIGHTHOUSE = FOLDER / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
ARTICLE = "what-to-expect-at-a-ketamine-infusion"
PAGES = {
    "home": "/",
    "articles": "/articles/",
    "article": f"/articles/{ARTICLE}/",
    "location": "/locations/birmingham/",
    "consult": "/consult/",
    "search": "/search/",
}
WSGI = "clinic_site.wsgi"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage"


def main() -> None:
    install()
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        environment = {
            **os.environ,
            "VAR_DIR": name,
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "clinic_site.settings.production",
            "SECRET_KEY": "only-for-lighthouse-" + "x" * 40,
            "FIELD_KEYS": "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHkhISE=",
            "LOOKUP_KEY": "only-for-lighthouse",
            "SITE_URL": f"http://127.0.0.1:{port}",
        }
        (Path(name) / "db").mkdir()
        for command in (["migrate"], ["load_content"], ["collectstatic", "--noinput"]):
            run_manage(*command, "--verbosity", "0", environment=environment)
        run_manage(
            "shell", "--verbosity", "0", "-c", "from tests.lighthouse import fill; fill()", environment=environment
        )
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "clinic_site/gunicorn_conf.py", "-b", f"127.0.0.1:{port}", WSGI],
            cwd=ROOT,
            env=environment,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/")
            scores = {name: score(name, f"http://127.0.0.1:{port}{path}") for name, path in PAGES.items()}
        finally:
            server.terminate()
            server.wait()
    print(f"{'':12}" + "".join(f"{category:>16}" for category in CATEGORIES))
    for page, found in scores.items():
        print(f"{page:12}" + "".join(f"{found[category]:>16}" for category in CATEGORIES))
    if any(value < 100 for found in scores.values() for value in found.values()):
        sys.exit(f"Some page is below 100. The reports are in {FOLDER.relative_to(ROOT)}/")


def fill() -> None:
    """Put two photos into an article, with all that the worker makes of them."""
    from django.utils import timezone
    from PIL import Image

    from articles.models import Article, FigureBlock
    from clinic_site.core.images import reencode
    from clinic_site.core.models import Picture
    from clinic_site.core.pictures import save_picture
    from clinic_site.core.renditions import make_missing_renditions

    article = Article.objects.get(slug=ARTICLE)
    for number, place in enumerate((5, 25)):
        out = BytesIO()
        Image.effect_noise((1600, 1000), 40).convert("RGB").save(out, "JPEG", quality=90)
        picture = Picture(title=f"Photo {number}", file=reencode(BytesIO(out.getvalue())), alt="A grey wall in a room.")
        save_picture(picture, now=timezone.now())
        FigureBlock.objects.create(parent=article, region="main", ordering=place, picture=picture, caption="A wall.")
    while make_missing_renditions(now=timezone.now()):
        pass


def install() -> None:
    if LIGHTHOUSE.exists():
        return
    if not shutil.which("npm"):
        sys.exit("`make lighthouse` needs npm")
    print("Fetching Lighthouse ...")
    FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER), "lighthouse"],
        check=True,
        env={**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"},
    )


def run_manage(*words: str, environment: dict) -> None:
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True)


def wait_for(url: str) -> None:
    for _ in range(60):
        try:
            urllib.request.urlopen(url).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.5)
    sys.exit("the site did not start")


def score(name: str, url: str) -> dict[str, int]:
    """Return the scores of one page, 0 to 100, and keep its report."""
    report = FOLDER / f"{name}.json"
    subprocess.run(
        [str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={FLAGS}",
         f"--only-categories={','.join(CATEGORIES)}"],
        env={**os.environ, "CHROME_PATH": chromium_path() or ""},
        check=True,
    )  # fmt: skip
    found = json.loads(report.read_text())
    for category in CATEGORIES:
        for audit in found["categories"][category]["auditRefs"]:
            result = found["audits"][audit["id"]]
            if audit["weight"] and result["score"] is not None and result["score"] < 1:
                print(f"{name}: {category}: {audit['id']}: {result['score']} {result.get('displayValue', '')}")
    return {category: round(found["categories"][category]["score"] * 100) for category in CATEGORIES}


if __name__ == "__main__":
    main()
