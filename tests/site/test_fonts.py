"""Nothing jumps when the fonts arrive: until then, fallbacks that are as wide and high stand in for them."""

import shutil
import subprocess

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

WIDTHS = [360, 390, 412, 1280]
PATHS = ["/", "/consult/", "/articles/what-to-expect-at-a-ketamine-infusion/"]
MOST = 0.01  # a tenth of what a good page may have
PAINTED = """() => new Promise(done => {
  new PerformanceObserver(list => list.getEntriesByName("first-contentful-paint").length && done(true))
    .observe({type: "paint", buffered: true});
})"""
SHIFTS = """() => new Promise(done => {
  const told = [];
  new PerformanceObserver(list => told.push(...list.getEntries().map(one => one.value)))
    .observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(told.reduce((a, b) => a + b, 0)), 50)));
})"""


def fonts_of_this_machine() -> str:
    if not shutil.which("fc-list"):
        return ""
    return subprocess.run(["fc-list", ":", "postscriptname"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps_when_the_fonts_arrive(live_site, browser: Browser, width):
    if "NotoSerif-Bold" not in fonts_of_this_machine():
        pytest.skip("Android's Noto Serif is not installed; on Debian: apt-get install fonts-noto-core")
    shifts = {}
    for path in PATHS:
        context = browser.new_context(viewport={"width": width, "height": 844}, reduced_motion="reduce")
        page, held = context.new_page(), []
        page.route("**/*.woff2", lambda route: held.append(route))  # noqa: B023  # called within this round
        page.goto(f"{live_site}{path}", wait_until="domcontentloaded")
        page.evaluate(PAINTED)
        assert page.evaluate("document.fonts.status") == "loading"
        for route in held:
            route.continue_()
        page.evaluate("document.fonts.ready.then(() => true)")
        shifts[path] = page.evaluate(SHIFTS)
        context.close()
    assert {path: shift for path, shift in shifts.items() if shift > MOST} == {}
