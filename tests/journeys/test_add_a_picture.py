"""An editor uploads a photo, chooses what matters in it, and puts it into an article."""

import io

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.models import Article
from clinic_site.core.models import Picture
from clinic_site.core.renditions import make_missing_renditions
from tests.factories.articles import add_figure
from tests.factories.consults import PASSWORD
from tests.factories.pictures import file_of, ready_picture

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def photo() -> bytes:
    image = Image.new("RGB", (1600, 1000), "green")
    image.paste("red", (1200, 0, 1600, 1000))
    return file_of(image)


def sign_in(page: Page, site: str) -> None:
    User.objects.create_superuser("manager", password=PASSWORD)
    page.goto(f"{site}/admin/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator("h1")).to_have_text("Today")


def upload(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/core/picture/add/")
    page.fill("#id_title", "The door")
    page.set_input_files("#id_file", {"name": "IMG_1.JPG", "mimeType": "image/jpeg", "buffer": photo()})
    page.fill("#id_alt", "A green door with a red frame.")


def test_a_photo_is_uploaded_its_focal_point_clicked_and_a_figure_made_of_it(live_site, browser: Browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    sign_in(page, live_site)

    upload(page, live_site)
    preview = page.locator(".focal-preview")
    expect(preview).to_be_visible()
    box = preview.bounding_box()
    preview.click(position={"x": box["width"] * 0.85, "y": box["height"] * 0.4})
    expect(page.locator("#id_focal_x")).to_have_value("85")
    expect(page.locator("#id_focal_y")).to_have_value("40")
    assert page.locator(".focal-point").evaluate("e => e.style.left") == "85%"
    # A square of 1000 in 1600 by 1000 pixels cannot have 85 percent in its middle: it ends at the edge.
    assert page.locator(".square-crop").evaluate("e => e.style.objectPosition") == "100% 50%"
    page.click("[name=_save]")
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    picture = Picture.objects.get()
    assert picture.focal == (85, 40)
    while make_missing_renditions(now=timezone.now()):
        pass

    article = Article.objects.get(slug="is-ketamine-fda-approved")
    page.goto(f"{live_site}/admin/articles/article/{article.pk}/change/")
    page.locator(".order-machine-insert-target").first.click()
    page.get_by_role("button", name="figure").click()
    block = page.locator(".order-machine .inline-related:not(.empty-form)", has=page.locator("select[name$=-picture]"))
    block.locator("select[name$=-picture]").select_option(label="The door")
    block.locator("[name$=-caption]").fill("The door from the parking lot.")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")

    page.goto(live_site + article.get_absolute_url())
    figure = page.locator("article.prose figure.figure")
    figure.scroll_into_view_if_needed()
    img = figure.get_by_role("img", name="A green door with a red frame.")
    expect(img).to_be_visible()
    expect(img).to_have_js_property("complete", True)
    assert img.evaluate("e => e.currentSrc").endswith("-800.avif")
    assert img.evaluate("e => e.naturalWidth") > 0
    expect(figure.locator("figcaption")).to_have_text("The door from the parking lot.")

    page.goto(f"{live_site}/admin/core/picture/")
    expect(page.locator("#result_list")).to_contain_text("Article: ")
    context.close()
    assert said == []


def test_without_scripts_the_focal_point_is_typed(live_site, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_site)
    upload(page, live_site)
    page.fill("#id_focal_x", "20")
    page.click("[name=_save]")
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert Picture.objects.get().focal == (20, 50)
    context.close()


def test_a_lost_picture_is_stood_in_for_by_a_landscape_in_the_same_box(live_site, browser: Browser, media):
    picture = ready_picture(Image.open(io.BytesIO(photo())))
    article = Article.objects.get(slug="is-ketamine-fda-approved")
    add_figure(article, picture=picture)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()

    def box() -> tuple[int, int]:
        page.goto(live_site + article.get_absolute_url())
        img = page.locator("figure.figure img")
        img.scroll_into_view_if_needed()
        expect(img).to_have_js_property("complete", True)
        assert img.evaluate("e => e.naturalWidth") > 0
        shape = img.bounding_box()
        return round(shape["width"]), round(shape["height"])

    before = box()
    for path in (media / "pictures").iterdir():
        path.unlink()
    context.close()
    context = browser.new_context(viewport={"width": 1280, "height": 900})  # nothing kept from before
    page = context.new_page()
    assert box() == before
    context.close()
