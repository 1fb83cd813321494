"""Every page and state in a real browser: axe, reflow, large text, targets, keyboard, contrast."""

import re
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import LookAt, Screen, each_screen, sideways, violations

from .clinic import fill_in_everything
from .pages import STATES

pytestmark = pytest.mark.browser

# Every width that has a layout of its own. Colours are the same at all of them, so two of them have both schemes.
SCREENS: dict[Screen, LookAt] = {
    (320, "light"): "all but colours",
    (390, "light"): "everything",
    (390, "dark"): "colours",
    (768, "dark"): "all but colours",
    (1280, "light"): "everything",
    (1280, "dark"): "colours",
}
PARTS = {str(part): STATES[part::4] for part in range(4)}  # so that they run side by side


@pytest.mark.parametrize("part", [*PARTS, "filled in"])
def test_axe_finds_nothing_and_nothing_sticks_out(live_site, browser: Browser, part):
    if part == "filled in":
        fill_in_everything()
        paths = ("/", "/locations/", "/locations/birmingham/", "/consult/")
        states = [state for state in STATES if state.name in paths]
    else:
        states = PARTS[part]
    context = browser.new_context(reduced_motion="reduce")
    page, faults = context.new_page(), []
    for state in states:
        state.show(page, live_site)
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        for width, scheme in each_screen(page, SCREENS):
            name = f"{state.name}, {width} {scheme}"
            look_at = SCREENS[width, scheme]
            faults += [f"{name}: {fault}" for fault in violations(page, look_at=look_at)]
            if (by := sideways(page)) > 0:
                faults.append(f"{name}: {by} px too wide")
            menu = page.locator(".menu")
            if width < 992 and menu.count() and menu.is_visible():
                menu.click()
                # Nothing else is another than before.
                found = violations(page, within="header", look_at=look_at)
                faults += [f"{name}, menu open: {fault}" for fault in found]
                page.keyboard.press("Escape")
    context.close()
    assert faults == []


def test_axe_sees_what_it_is_there_to_see_and_colours_where_it_looks_at_them(live_site, page: Page):
    page.goto(live_site)
    page.evaluate(
        "const faulty = document.querySelector('main').appendChild(document.createElement('p'));"
        "faulty.append('Pale', document.createElement('button'));"
        "faulty.style.color = '#eee'; faulty.style.background = '#fff'"
    )
    found = {look_at: {fault.split()[0] for fault in violations(page, look_at=look_at)} for look_at in get_args(LookAt)}
    assert found == {
        "everything": {"color-contrast", "button-name"},
        "colours": {"color-contrast"},
        "all but colours": {"button-name"},
    }


CLIPPED = """[...document.querySelectorAll('a,button,h1,h2,h3,p,label,legend,li,.btn')].filter(e => {
  const s = getComputedStyle(e);
  return s.overflow != 'visible' && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2)
    && !e.closest('.vh');
}).map(e => e.outerHTML.slice(0, 90))"""
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    "p { margin-bottom: 2em !important }"
)


def test_at_400_percent_zoom_pages_reflow_and_the_call_bar_is_out_of_the_way(live_site, browser: Browser):
    fill_in_everything()
    context = browser.new_context(viewport={"width": 320, "height": 256}, reduced_motion="reduce", bypass_csp=True)
    page, faults = context.new_page(), []
    for state in STATES:
        state.show(page, live_site)
        if (by := sideways(page)) > 0:
            faults.append(f"{state.name}: {by} px too wide")
        bar = page.locator(".bar")
        if bar.count() and bar.is_visible():
            faults.append(f"{state.name}: the bar covers a low window")
        page.add_style_tag(content=SPACING)
        if (by := sideways(page)) > 0:
            faults.append(f"{state.name}, wide spacing: {by} px too wide")
        faults += [f"{state.name}, wide spacing, cut: {html}" for html in page.evaluate(CLIPPED)]
    context.close()
    assert faults == []


@pytest.mark.parametrize("width", [390, 1280])
def test_text_at_twice_its_size_loses_nothing(live_site, browser: Browser, width):
    fill_in_everything()
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True)
    page, faults = context.new_page(), []
    for state in STATES:
        state.show(page, live_site)
        page.add_style_tag(content="html { font-size: 200% }")
        if (by := sideways(page)) > 0:
            faults.append(f"{state.name}: {by} px too wide")
        faults += [f"{state.name}, cut: {html}" for html in page.evaluate(CLIPPED)]
    context.close()
    assert faults == []


MOST_STOPS = 600  # an article with sixty sources has many links
SMALL_TARGETS = """[...document.querySelectorAll('a,button,input,select,summary')].filter(e => {
  const r = e.getBoundingClientRect();
  const inline = getComputedStyle(e).display == 'inline' && e.closest('p,li,td,th,sup,dd,address,figcaption,cite');
  return r.width && (r.width < 24 || r.height < 24) && !inline && !e.closest('.hp') && !e.classList.contains('skip');
}).map(e => e.outerHTML.slice(0, 90))"""
FOCUS = """(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const r = e.getBoundingClientRect(), bar = document.querySelector('.bar');
  const shown = bar && getComputedStyle(bar).display != 'none';
  const barTop = shown ? bar.getBoundingClientRect().top : innerHeight;
  const card = e.closest('.card'), outline = getComputedStyle(card || e);
  const x = Math.min(Math.max(r.left + r.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(r.top + r.height / 2, 1), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    html: e.outerHTML.slice(0, 90),
    covered: !(bar && bar.contains(e)) && (r.bottom > barTop + 1 || r.bottom < 0),
    outlined: outline.outlineStyle != 'none',
    hit: !!top && (top === e || e.contains(top) || top.contains(e) || !!(card && card.contains(top))),
  };
})()"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_keyboard_reaches_everything_and_its_place_is_always_seen(live_site, browser: Browser, width):
    context = browser.new_context(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    page, faults = context.new_page(), []
    for state in STATES:
        state.show(page, live_site)
        faults += [f"{state.name}: small target {html}" for html in page.evaluate(SMALL_TARGETS)]
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        stops = 0
        while stops < MOST_STOPS:
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUS)
            if at is None:
                break
            stops += 1
            if at["covered"]:  # a long page may still be scrolling there
                page.wait_for_timeout(150)
                at = page.evaluate(FOCUS)
            if at["covered"] or not at["outlined"] or not at["hit"]:
                faults.append(f"{state.name}: {at}")
        expected = page.evaluate(
            "[...document.querySelectorAll('main a[href], main button')].filter(e => e.checkVisibility()).length"
        )
        if not expected <= stops < MOST_STOPS:
            faults.append(f"{state.name}: {stops} stops for {expected} links and buttons")
    context.close()
    assert faults == []


def test_the_menu_opens_and_closes_by_keyboard_and_gives_the_focus_back(live_site, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=True)
    page = context.new_page()
    page.goto(live_site)
    page.locator(".menu").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.getElementById('nav').matches(':popover-open')")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('nav').matches(':popover-open')")
    assert page.evaluate("document.activeElement.classList.contains('menu')")
    context.close()


def test_nothing_moves_for_people_who_asked_for_stillness(live_site, page: Page):
    page.goto(live_site)
    assert page.evaluate("document.getAnimations().length") == 0


def test_forced_colors_keep_edges_and_the_chosen_tile(live_site, browser: Browser):
    context = browser.new_context(forced_colors="active", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_site}/consult/")
    page.check("input[name=location][value=auburn]")
    tile = page.locator(".tile:has(:checked)").first
    assert tile.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert page.locator("main button[type=submit]").evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    context.close()


def test_the_error_page_leads_to_the_fields(live_site, page: Page):
    page.goto(f"{live_site}/consult/")
    page.fill("#id_phone", "557-22")
    page.click("main form button[type=submit]")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".errors")).to_be_focused()
    links = page.locator(".errors a")
    assert links.count() == 3
    for index in range(links.count()):
        target = links.nth(index).get_attribute("href")
        field = page.locator(target)
        assert field.count() == 1
        described = field.get_attribute("aria-describedby") or field.locator("xpath=ancestor::fieldset").get_attribute(
            "aria-describedby"
        )
        for identifier in described.split():
            assert page.locator(f"#{identifier}").count() == 1
    assert page.locator("#id_phone").get_attribute("aria-invalid") == "true"
    assert page.input_value("#id_phone") == "557-22"
