"""`make guide-pictures`: the screenshots of the staff guide, taken anew from the site as it is."""

import os
import tempfile
from datetime import time, timedelta
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "img" / "guide"
PASSWORD = "only-for-the-guide"
QUALITY = 82
SLUG = "what-to-expect-at-a-ketamine-infusion"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ["DJANGO_SETTINGS_MODULE"] = "clinic_site.settings.test"
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(name) / 'guide.sqlite3'}"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        import django

        django.setup()
        from django.test.testcases import LiveServerThread

        fill()
        thread = LiveServerThread("127.0.0.1", static_handler=lambda application: application)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        take(f"http://127.0.0.1:{thread.port}")
        thread.terminate()


def fill() -> None:
    """Make a site with its content, somebody who may do everything, and an article that was changed once."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone

    from articles.models import Article
    from articles.writing import after_change, before_change
    from clinic_site.core.images import reencode
    from clinic_site.core.models import Picture, WorkerBeat
    from consults.models import Recipient
    from locations.models import Clinician, Hours, Location

    for command in ("migrate", "load_content"):
        call_command(command, verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    user = User.objects.create_superuser("editor", password=PASSWORD)
    Clinician.objects.create(name="Robin Example", credential="MD", user=user)
    WorkerBeat.objects.create(host="guide", seen_at=timezone.now() + timedelta(days=1))
    Recipient.objects.create(verified_at=timezone.now(), email="desk@clinic.example")
    birmingham = Location.objects.get(slug="birmingham")
    for day in range(5):
        Hours.objects.create(location=birmingham, weekday=day, opens=time(9), closes=time(17))
    file = reencode(BytesIO((ROOT / "docs" / "home.png").read_bytes()))
    Picture.objects.create(title="The first page", file=file, alt="The first page of the website on a screen.")
    article, now = Article.objects.get(slug=SLUG), timezone.now()
    before = before_change(article=article, now=now)
    article.standfirst = article.standfirst.replace(".", ", and the team stays near.", 1)
    article.save()
    after_change(article=article, before=before, by=user, comment="", now=now)


def take(site: str) -> None:
    from playwright.sync_api import sync_playwright

    from articles.models import Article
    from articles.versions import versions_of
    from clinic_site.core.models import Picture
    from locations.models import Location
    from tests.chromium import QUIET, chromium_path

    article = Article.objects.get(slug=SLUG)
    form = f"/admin/articles/article/{article.pk}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        page = browser.new_page(viewport={"width": 1180, "height": 820}, reduced_motion="reduce")

        def shoot(name: str, path: str, *, at: str = "#content", prepare=None) -> None:
            page.goto(site + path, wait_until="networkidle")
            # The list of all models and the banners say nothing about the step at hand.
            page.add_style_tag(url=f"{site}/static/css/admin-guide.css")
            page.evaluate("document.querySelectorAll('#nav-sidebar, .banners').forEach(each => each.remove())")
            if prepare:
                prepare()
            place = page.locator(at).first
            place.scroll_into_view_if_needed()
            box = place.bounding_box()
            clip = {"x": box["x"], "y": max(0, box["y"]), "width": box["width"], "height": min(box["height"], 620)}
            save(name, page.screenshot(clip=clip, full_page=False))

        page.goto(f"{site}/admin/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", PASSWORD)
        page.click("[type=submit]")
        shoot("write", f"{form}/change/")
        shoot("cite", f"{form}/change/", at="dialog", prepare=lambda: cite(page))
        shoot("picture", f"/admin/core/picture/{Picture.objects.get().pk}/change/")
        shoot("publish", f"{form}/publish/", at=".publish-columns")
        shoot("sign", f"{form}/preview/", at="#sign")
        shoot("correct", f"{form}/versions/{versions_of(article).last().pk}/", at=".desk > section")
        birmingham = Location.objects.get(slug="birmingham")
        shoot("hours", f"/admin/locations/location/{birmingham.pk}/change/", at="#hours-group")
        browser.close()


def cite(page) -> None:
    page.click("#id_standfirst")
    page.get_by_role("button", name="Cite a source").click()
    page.get_by_role("searchbox").last.fill("murrough")
    page.wait_for_timeout(800)


def save(name: str, png: bytes) -> None:
    from PIL import Image

    FOLDER.mkdir(parents=True, exist_ok=True)
    Image.open(BytesIO(png)).convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
