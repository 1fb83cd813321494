"""The admin in a real browser: the editors work under the policy, and axe finds nothing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from articles.models import Article
from articles.versions import record_version, versions_of
from clinic_site.core.models import Page as SitePage
from clinic_site.core.models import Picture
from locations.models import Location
from tests.axe import faults_in_both_schemes
from tests.factories.articles import add_figure
from tests.factories.consults import (
    PASSWORD,
    make_failed_mail,
    make_quarantined_request,
    make_recipient,
    make_request,
)
from tests.factories.pictures import ready_picture

pytestmark = pytest.mark.browser


def open_browser(browser: Browser, *, width: int = 1280) -> tuple[BrowserContext, Page, list]:
    """Return a context, its page, and the list that gathers what the console says."""
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: said.append(request.url) if "127.0.0.1" not in request.url else None)
    return context, page, said


def sign_in(page: Page, site: str) -> None:
    User.objects.create_superuser("manager", password=PASSWORD)
    page.goto(f"{site}/admin/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator("h1")).to_have_text("Today")


def type_into(page: Page, editor, words: str) -> None:
    """Type into a prose editor, wherever its cursor is, and wait until the words stand there."""
    editor.focus()
    page.keyboard.press("Enter")
    page.keyboard.insert_text(words)
    expect(editor).to_contain_text(words)


def test_a_page_is_written_in_the_editor_and_read_back(live_site, browser: Browser):
    context, page, said = open_browser(browser)
    sign_in(page, live_site)
    about = SitePage.objects.get(slug="about")
    page.goto(f"{live_site}/admin/core/page/{about.pk}/change/")
    editor = page.get_by_role("textbox", name="Body")
    expect(editor).to_be_visible()
    # The style that the editor writes itself has been let in.
    assert editor.evaluate("e => getComputedStyle(e).whiteSpaceCollapse") == "break-spaces"
    type_into(page, editor, "Typed in a browser.")
    page.keyboard.press("Control+b")
    page.keyboard.insert_text("In bold.")
    expect(editor.locator("strong", has_text="In bold.")).to_be_visible()
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    expect(editor).to_contain_text("Typed in a browser.")
    about.refresh_from_db()
    assert "Typed in a browser.<strong>In bold.</strong>" in about.body
    page.goto(f"{live_site}/about/")
    expect(page.locator("main")).to_contain_text("Typed in a browser.")
    context.close()
    assert said == []


def test_an_article_is_changed_in_its_blocks_and_read_back(live_site, browser: Browser):
    context, page, said = open_browser(browser)
    sign_in(page, live_site)
    article = Article.objects.get(slug="is-ketamine-fda-approved")
    page.goto(f"{live_site}/admin/articles/article/{article.pk}/change/")
    editor = page.locator(".order-machine .inline-related:not(.empty-form)").first.get_by_role("textbox", name="Text")
    expect(editor).to_be_visible()
    # The style that the block editor writes itself has been let in.
    label = page.locator(".order-machine .inline-related:not(.empty-form) .inline_label").first
    assert "Hide" in label.evaluate("e => getComputedStyle(e, '::after').content")
    type_into(page, editor, "Typed into a block.")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert "Typed into a block." in article.blocks()[0].html
    page.goto(live_site + article.get_absolute_url())
    expect(page.locator("article.prose")).to_contain_text("Typed into a block.")
    context.close()
    assert said == []


def make_a_busy_morning() -> tuple[str, str]:
    """Fill every part of the first screen; return the addresses of a waiting request and of a quarantined one."""
    now = timezone.now()
    auburn, birmingham = Location.objects.get(slug="auburn"), Location.objects.get(slug="birmingham")
    make_request(location=birmingham, now=now - timedelta(days=2))
    make_recipient(location=auburn)
    waiting = make_request(location=auburn, now=now - timedelta(hours=5), contact_by="text", may_name_clinic=True)
    make_request(now=now, contact_by="email", note="A note.")
    make_failed_mail(subject="New request AAAA-BBBB for Auburn", about=waiting.subject)
    quarantined = make_quarantined_request(now=now)
    return waiting.get_absolute_url(), quarantined.get_absolute_url()


def make_used_picture() -> Picture:
    picture = ready_picture(Image.new("RGB", (600, 400), "green"), focal_x=20)
    add_figure(Article.objects.get(slug="is-ketamine-fda-approved"), picture=picture)
    return picture


def make_an_article_with_a_version() -> tuple[int, int]:
    """Change an article once; return its primary key and that of the version before."""
    article = Article.objects.get(slug="is-ketamine-fda-approved")
    record_version(article=article, by=None, comment="", now=timezone.now())
    Article.objects.filter(pk=article.pk).update(title="Another title")
    return article.pk, versions_of(article).get().pk


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(live_site, browser: Browser, width):
    waiting, quarantined = make_a_busy_morning()
    article, version = make_an_article_with_a_version()
    context, page, said = open_browser(browser, width=width)
    faults = []

    def check(name: str) -> None:
        faults.extend(f"{name}: {line}" for line in said)
        faults.extend(f"{name}, {fault}" for fault in faults_in_both_schemes(page, width=width, best_practice=False))
        said.clear()  # axe writes a style of its own

    page.goto(f"{live_site}/admin/")
    check("sign-in")
    sign_in(page, live_site)
    paths = {
        "first screen": "/admin/",
        "request": waiting,
        "quarantined request": quarantined,
        "requests": "/admin/consults/consultrequest/",
        "page form": f"/admin/core/page/{SitePage.objects.get(slug='about').pk}/change/",
        "picture form": "/admin/core/picture/add/",
        "stored picture form": f"/admin/core/picture/{make_used_picture().pk}/change/",
        "pictures": "/admin/core/picture/",
        "mails": "/admin/core/outboxmessage/",
        "recipient form": "/admin/consults/recipient/add/",
        "consent wordings": "/admin/consults/consenttext/",
        "staff guide": "/admin/guide/",
        "article form": f"/admin/articles/article/{article}/change/",
        "article, checklist": f"/admin/articles/article/{article}/publish/",
        "article, preview": f"/admin/articles/article/{article}/preview/",
        "article, versions": f"/admin/articles/article/{article}/versions/",
        "article, one version": f"/admin/articles/article/{article}/versions/{version}/",
    }
    for name, path in paths.items():
        page.goto(live_site + path)
        if "form" in name:
            page.wait_for_load_state("networkidle")
        check(name)
    page.goto(f"{live_site}/admin/consults/recipient/add/")
    page.click("[name=_save]")
    expect(page.locator(".errornote")).to_be_visible()  # a click does not wait for the page it leads to
    check("form in error")
    context.close()
    assert faults == []


def test_the_front_desk_notes_an_outcome_without_scripts(live_site, browser: Browser):
    waiting, _ = make_a_busy_morning()
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_site)
    page.get_by_role("link", name="Open", exact=False).first.wait_for()
    page.goto(live_site + waiting)
    page.get_by_role("button", name="Left a message").click()
    expect(page.locator(".messagelist")).to_contain_text("Noted: left a message.")
    expect(page.locator(".activities")).to_contain_text("manager")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".messagelist")).to_contain_text("The mail goes out again")
    assert page.url == f"{live_site}{waiting}"
    page.goto(f"{live_site}{reverse('admin:index')}")
    expect(page.locator("main")).to_contain_text("What you did lately")
    context.close()
