"""The picker of sources and the checklist in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from articles.models import Article
from tests.axe import faults_in_both_schemes
from tests.factories.articles import add_evidence, add_figure, add_prose, make_article

from .test_admin_browser import open_browser, sign_in

pytestmark = pytest.mark.browser


def make_draft() -> Article:
    article = make_article(title="Draft", standfirst="First words.", published_at=None)
    add_prose(article, "<h2>Why</h2><p>So it is.</p>")
    add_evidence(article, "A | B\nc | d")
    return article


def open_form(page: Page, site: str, article: Article) -> None:
    page.goto(f"{site}/admin/articles/article/{article.pk}/change/")
    expect(page.locator(".order-machine").get_by_role("textbox", name="Text").first).to_be_visible()


def test_a_source_is_cited_in_a_plain_field_by_mouse(live_site, browser: Browser):
    context, page, said = open_browser(browser)
    sign_in(page, live_site)
    article = make_draft()
    open_form(page, live_site, article)
    field = page.locator("#id_standfirst")
    field.evaluate("e => { e.focus(); e.setSelectionRange(11, 11); }")  # before the full stop
    page.get_by_role("button", name="Cite a source").click()
    dialog = page.get_by_role("dialog", name="Cite a source")
    expect(dialog).to_contain_text("The mark goes into “Standfirst”")
    dialog.get_by_role("searchbox").fill("murrough")
    dialog.get_by_role("button", name="[@murrough2013]").click()
    expect(dialog).to_be_hidden()
    expect(field).to_have_value("First words [@murrough2013].")
    expect(field).to_be_focused()
    page.keyboard.type(" ")
    expect(field).to_have_value("First words [@murrough2013] .")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    article.refresh_from_db()
    assert article.standfirst == "First words [@murrough2013] ."
    context.close()
    assert said == []


def test_a_source_is_cited_in_the_editor_by_keyboard_alone(live_site, browser: Browser):
    context, page, said = open_browser(browser)
    sign_in(page, live_site)
    article = make_draft()
    open_form(page, live_site, article)
    editor = page.locator(".order-machine").get_by_role("textbox", name="Text")
    editor.evaluate("e => { e.focus(); e.editor.commands.setTextSelection(12); }")  # before "is."
    expect(editor).to_be_focused()
    page.keyboard.type("known [@")
    dialog = page.get_by_role("dialog", name="Cite a source")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    expect(dialog).to_contain_text("The mark goes into “Text”")
    page.keyboard.type("zarate]")
    expect(dialog.get_by_role("status")).to_have_text("5 sources")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("button", name="[@zarate2006]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(editor.locator("p")).to_have_text("So it known [@zarate2006]is.")
    expect(editor).to_be_focused()
    page.keyboard.type(" ")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert article.blocks()[0].html == "<h2>Why</h2><p>So it known [@zarate2006] is.</p>"
    context.close()
    assert said == []


def test_a_mark_in_the_editor_stands_apart_from_the_word_before_it(live_site, browser: Browser):
    context, page, _ = open_browser(browser)
    sign_in(page, live_site)
    open_form(page, live_site, make_draft())
    editor = page.locator(".order-machine").get_by_role("textbox", name="Text")
    editor.locator("p").click()
    page.keyboard.press("End")
    page.get_by_role("button", name="Cite a source").click()
    page.keyboard.type("anand2023")
    page.keyboard.press("Enter")
    expect(editor.locator("p")).to_have_text("So it is. [@anand2023]")
    context.close()


def test_leaving_the_picker_changes_nothing_and_nothing_goes_where_it_may_not(live_site, browser: Browser):
    context, page, _ = open_browser(browser)
    sign_in(page, live_site)
    open_form(page, live_site, make_draft())
    page.get_by_role("button", name="Cite a source").click()
    dialog = page.get_by_role("dialog", name="Cite a source")
    expect(dialog).to_contain_text("Click into a text first")
    dialog.get_by_role("button", name="[@").first.click()
    expect(dialog.get_by_role("status")).to_contain_text("click into a text")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cite a source")).to_be_focused()
    page.locator("#id_title").click()
    page.keyboard.type("[@")
    expect(dialog).to_be_hidden()
    table = page.locator("textarea[name$='evidenceblock_set-0-table']")
    table.click()
    page.locator("#id_title").click()  # not a place for a mark: it goes into the table
    page.get_by_role("button", name="Cite a source").click()
    expect(dialog).to_contain_text("The mark goes into “Table”")
    dialog.get_by_role("searchbox").fill("nobody at all")
    expect(dialog.get_by_role("status")).to_have_text("No source has these words.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.route("**/cite/**", lambda route: route.abort())
    dialog.get_by_role("searchbox").fill("zarate")
    expect(dialog.get_by_role("status")).to_contain_text("cannot be read just now")
    page.keyboard.press("Escape")
    expect(table).to_be_focused()
    assert table.input_value() == "A | B\nc | d"
    context.close()


def test_without_scripts_there_is_a_link_to_the_references(live_site, browser: Browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_site)
    page.goto(f"{live_site}/admin/articles/article/{make_draft().pk}/change/")
    expect(page.get_by_role("button", name="Cite a source")).to_be_hidden()
    page.get_by_role("link", name="References to cite").click()
    expect(page.locator("h1")).to_contain_text("Select reference")
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_checklist_and_the_picker(live_site, browser: Browser, width):
    context, page, said = open_browser(browser, width=width)
    sign_in(page, live_site)
    bad = make_article(title="A breakthrough", standfirst="It cures 64%.", published_at=None)
    add_prose(bad, f"<h3>Why</h3><p>See <a href='/articles/gone/'>it</a>.</p><p>{'And so on ' * 12}[@zhan2020].</p>")
    faults = []

    def check(name: str, part: str) -> None:
        faults.extend(f"{name}: {line}" for line in said)
        found = faults_in_both_schemes(page, width=width, within=part, best_practice=False)
        faults.extend(f"{name}, {fault}" for fault in found)
        said.clear()

    for article in (bad, Article.objects.get(slug="is-ketamine-fda-approved")):
        open_form(page, live_site, article)
        page.locator(".checklist-fold > summary").click()
        page.locator(".checklist summary").click()
        check("checklist", ".checklist")
    page.locator("#id_standfirst").click()
    page.get_by_role("button", name="Cite a source").click()
    expect(page.locator(".cite-list li")).to_have_count(20)
    check("picker", "dialog")
    context.close()
    assert faults == []


def test_each_finding_leads_to_its_place_in_the_form(live_site, browser: Browser):
    context, page, _ = open_browser(browser)
    sign_in(page, live_site)
    article = make_article(title="Cured", summary="Cured.", standfirst="Cured.", key_facts="Cured.", published_at=None)
    add_prose(article, "<p>So.</p>")
    add_figure(article, caption="Cured.")
    add_prose(article, "<p>Cured.</p>")
    open_form(page, live_site, article)
    page.locator(".checklist-fold > summary").click()
    links = page.locator(".checklist .is-error a[href^='#']")
    targets = [link.get_attribute("href") for link in links.all()]
    assert targets == [
        "#id_title", "#id_summary", "#id_standfirst", "#id_key_facts",
        "#articles_figureblock_set-0", "#articles_proseblock_set-1",
    ]  # fmt: skip
    for target in targets:
        assert page.locator(target).count() == 1, target
    links.last.click()
    expect(page.locator("#articles_proseblock_set-1")).to_be_in_viewport()
    expect(page.locator("#articles_proseblock_set-1").get_by_role("textbox", name="Text")).to_have_text("Cured.")
    context.close()
