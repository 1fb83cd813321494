"""An editor writes, a clinician signs, readers come at the minute; the address moves, and an old text comes back."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.models import Article, PreviewLink, Reference, Review, State, Topic
from clinic_site.core.models import JobRun
from clinic_site.core.models import Picture as StoredPicture
from locations.models import Clinician
from tests.factories.consults import make_staff_user

from .staff import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey]

WIDE = {"width": 1280, "height": 1000}
TITLE = "What should I bring to an infusion?"


def test_write_review_publish_move_restore(live_site, browser: Browser, time_machine):
    time_machine.move_to(timezone.now())
    make_people()
    topic = Topic.objects.get(slug="your-visit")
    keys = list(Reference.objects.order_by("key").values_list("key", flat=True)[:3])
    pictures = [make_picture(name) for name in ("A bag", "A chair")]

    editor, page = sign_in(browser, live_site, "ann", viewport=WIDE)
    write(page, live_site, topic, keys, pictures)
    article = Article.objects.get(title=TITLE)
    assert [block.kind for block in article.blocks()] == ["prose", "figure", "callout", "figure"]
    is_stopped_and_puts_it_right(page, live_site, article, keys)
    link = sends_a_preview_link(page, live_site, article)
    an_outsider_reads_it(browser, live_site, link, article)

    a_clinician_signs(browser, live_site, article)
    at = schedule(page, live_site, article)
    it_goes_live_at_its_minute(browser, live_site, article, at, time_machine)

    editor.close()
    editor, page = sign_in(browser, live_site, "ann", viewport=WIDE)
    the_address_moves(page, live_site, article)
    an_old_version_comes_back(page, live_site, article)
    editor.close()
    # Nothing but the clock made it public.
    assert not JobRun.objects.exists()


def make_people() -> None:
    """An editor who may write and not sign, and a clinician who may sign and not write."""
    content = ["articles.view_article", "articles.add_article", "articles.change_article", "articles.view_topic"]
    blocks = [
        f"articles.{step}_{kind}block"
        for step in ("view", "add", "change", "delete")
        for kind in ("prose", "callout", "evidence", "figure")
    ]
    make_staff_user(*content, *blocks, "core.view_picture", "articles.view_reference", username="ann")
    robin = make_staff_user("articles.view_article", "articles.add_review", username="robin")
    Clinician.objects.create(name="Robin Example", credential="MD", user=robin)


def make_picture(title: str) -> StoredPicture:
    from clinic_site.core.images import reencode

    out = io.BytesIO()
    Image.new("RGB", (800, 500), "#43687a").save(out, "JPEG")
    file = reencode(SimpleUploadedFile("photo.jpg", out.getvalue()))
    return StoredPicture.objects.create(title=title, file=file, alt=f"{title}, seen from the side.")


def block_of(page: Page, kind: str, number: int = 0):
    """Return the form of one block: the form lists the blocks of one kind together, counting from 0."""
    return page.locator(f"#articles_{kind}block_set-{number}")


def add_block(page: Page, name: str, kind: str, number: int = 0):
    """Add a block below the others and return its form."""
    page.locator(".order-machine-insert-target.last").click()
    page.locator(f".plugin-button[title='{name}']").click()
    block = block_of(page, kind, number)
    expect(block).to_be_visible()
    return block


def editor_of(block):
    """Return the prose editor of a block; until it stands, the plain field has its name."""
    return block.locator(".ProseMirror[aria-labelledby]")


def type_html(page: Page, block, words: str) -> None:
    box = editor_of(block)
    box.click()
    page.keyboard.insert_text(words)
    expect(box).to_contain_text(words)


def write(page: Page, site: str, topic: Topic, keys: list[str], pictures: list[StoredPicture]) -> None:
    """Write a draft with two figures, a call-out and three citations, a forbidden word and a claim without a source."""
    page.goto(f"{site}/admin/articles/article/add/")
    page.fill("#id_title", TITLE)
    page.press("#id_title", "Tab")
    expect(page.locator("#id_slug")).to_have_value("what-should-i-bring-to-an-infusion")
    page.select_option("#id_topic", str(topic.pk))
    page.fill("#id_summary", "A short list of what to bring with you on the day of an infusion.")
    page.fill("#id_standfirst", f"Bring somebody who takes you home [@{keys[0]}].")
    text = add_block(page, "Text", "prose")
    type_html(page, text, f"Feeling detached is common on the day [@{keys[1]}]. This is a miracle.")
    for number, picture in enumerate(pictures):
        figure = add_block(page, "Figure", "figure", number)
        figure.locator("select").select_option(str(picture.pk))
        figure.locator("[name$=caption]").fill(f"Shown here: {picture.title.lower()}.")
        if not number:
            callout = add_block(page, "Call-out", "callout")
            callout.locator("[name$=heading]").fill("Tell the team first")
            type_html(page, callout, f"Your medicines, all of them [@{keys[2]}].")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")


def is_stopped_and_puts_it_right(page: Page, site: str, article: Article, keys: list[str]) -> None:
    """The checklist stops publishing for the word, then for a claim without its source, then for want of a review."""
    page.get_by_role("link", name="Checklist and publish").click()
    expect(page.locator("main")).to_contain_text("“miracle” must not be used")
    expect(page.get_by_role("button", name="Publish now")).to_have_count(0)

    page.get_by_role("link", name="Write", exact=True).click()
    box = editor_of(block_of(page, "prose"))
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(f"Feeling detached is common on the day [@{keys[1]}].")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("In one study, 40 people said so.")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.get_by_role("link", name="Checklist and publish").click()
    expect(page.locator("main")).not_to_contain_text("miracle")
    expect(page.locator("main")).to_contain_text("A claim without a source: “In one study, 40 people said so.”")

    page.get_by_role("link", name="Write", exact=True).click()
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(f" [@{keys[1]}]")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.get_by_role("link", name="Checklist and publish").click()
    expect(page.locator("main")).not_to_contain_text("A claim without a source")
    expect(page.locator("main")).to_contain_text("No clinician has signed off this text.")
    expect(page.get_by_role("button", name="Publish now")).to_have_count(0)
    page.get_by_role("button", name="Ask for a review").click()
    expect(page.locator(".messagelist")).to_contain_text("On the list of those who review")


def sends_a_preview_link(page: Page, site: str, article: Article) -> str:
    page.get_by_role("link", name="Preview and sign").click()
    page.get_by_label("For whom").fill("A colleague")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".new-link a").inner_text()
    assert PreviewLink.objects.get().article == article
    return link


def an_outsider_reads_it(browser: Browser, site: str, link: str, article: Article) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    response = page.goto(site + "/preview/" + link.split("/preview/")[1])
    assert response.header_value("cache-control") == "no-store"
    expect(page.locator("h1")).to_have_text(TITLE)
    assert page.locator("figure img").count() == 2
    assert page.locator(".refs li").count() >= 3
    assert context.cookies() == []
    assert page.goto(site + article.get_absolute_url()).status == 404
    context.close()


def a_clinician_signs(browser: Browser, site: str, article: Article) -> None:
    context, page = sign_in(browser, site, "robin", viewport=WIDE)
    page.get_by_role("link", name=TITLE).click()
    expect(page.frame_locator("iframe.phone").locator("h1")).to_have_text(TITLE)
    page.get_by_label("I have read this article").check()
    page.get_by_role("button", name="Sign this review").click()
    expect(page.locator(".messagelist")).to_contain_text("Signed: readers see “Reviewed by Robin Example, MD”")
    assert Review.objects.get().article == article
    context.close()


def schedule(page: Page, site: str, article: Article):
    at = timezone.localtime().replace(second=0, microsecond=0) + timedelta(days=3, minutes=1)
    page.goto(f"{site}/admin/articles/article/{article.pk}/publish/")
    page.locator("[name=at_0]").fill(at.date().isoformat())
    page.locator("[name=at_1]").fill(f"{at:%H:%M}")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator(".messagelist")).to_contain_text("Scheduled: readers see it from")
    article.refresh_from_db()
    assert article.published_at == at
    return at


def it_goes_live_at_its_minute(browser: Browser, site: str, article: Article, at, time_machine) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    path = site + article.get_absolute_url()
    time_machine.move_to(at - timedelta(seconds=1), tick=False)
    assert page.goto(path).status == 404
    time_machine.move_to(at, tick=False)
    assert page.goto(path).status == 200
    expect(page.locator("article.prose")).to_contain_text("Page last reviewed")
    page.goto(f"{site}/articles/")
    expect(page.locator("main")).to_contain_text(TITLE)
    context.close()


def the_address_moves(page: Page, site: str, article: Article) -> None:
    old = site + article.get_absolute_url()
    page.goto(f"{site}/admin/articles/article/{article.pk}/change/")
    page.fill("#id_slug", "what-to-bring")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    article.refresh_from_db()
    hops = []
    page.on("response", lambda response: hops.append((response.status, response.url)) if response.url == old else None)
    response = page.goto(f"{old}?utm_source=letter")
    assert response.url == f"{site}/articles/what-to-bring/?utm_source=letter"
    first = response.request.redirected_from
    assert first.response().status == 301
    assert first.redirected_from is None  # one hop


def an_old_version_comes_back(page: Page, site: str, article: Article) -> None:
    """A figure and the call-out are deleted, then the version before is restored."""
    kinds = [block.kind for block in article.blocks()]
    page.goto(f"{site}/admin/articles/article/{article.pk}/change/")
    for block in (block_of(page, "callout"), block_of(page, "figure", 1)):
        block.locator("[name$=DELETE]").evaluate("box => box.click()")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert [block.kind for block in article.blocks()] == ["prose", "figure"]
    page.get_by_role("link", name="Versions").click()
    page.locator(".versions a").nth(1).click()
    expect(page.locator(".changes")).to_contain_text("Tell the team first")
    page.get_by_role("button", name="Restore this version").click()
    expect(page.locator(".messagelist")).to_contain_text("Restored from")
    assert [block.kind for block in article.blocks()] == kinds
    article.refresh_from_db()
    assert article.state(timezone.now()) == State.PUBLISHED
    assert article.slug == "what-to-bring"
