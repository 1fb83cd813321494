"""axe-core in a page of the browser, at every screen: what is wrong there, and what sticks out."""

from collections.abc import Iterable, Iterator
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

Screen = tuple[int, str]  # a width in pixels and a colour scheme
LookAt = Literal["everything", "colours", "all but colours"]

SCHEMES = ("light", "dark")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AT_REST = "Promise.allSettled(document.getAnimations().map(one => one.finished)).then(() => true)"
ASK = "([within, options]) => axe.run(within || document, options).then(found => found.violations)"


# What depends on colours: two thirds of the time.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(
    page: Page, *, within: str | None = None, best_practice: bool = True, look_at: LookAt = "everything"
) -> list[str]:
    """Return one line for each rule that `page`, or its elements `within`, breaks. `best_practice` goes beyond WCAG."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": {"type": "tag", "values": [*WCAG, "best-practice"] if best_practice else WCAG}}
    if look_at == "colours":
        options = {"runOnly": {"type": "rule", "values": COLOURS}}
    elif look_at == "all but colours":
        options["rules"] = {name: {"enabled": False} for name in COLOURS}
    options["resultTypes"] = ["violations"]
    return [
        f"{found['id']} ({len(found['nodes'])}): {node['html'][:150]} {node['failureSummary'][:200]}"
        for found in page.evaluate(ASK, [within, options])
        for node in found["nodes"][:1]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def each_screen(page: Page, screens: Iterable[Screen]) -> Iterator[Screen]:
    """Give the window of `page` each width and colour scheme in turn."""
    for width, scheme in screens:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        # Colours that change take a moment, on a busy machine several.
        page.evaluate(AT_REST)
        yield width, scheme


def faults_in_both_schemes(
    page: Page, *, width: int, within: str | None = None, best_practice: bool = True
) -> list[str]:
    """Return what axe finds on `page`, or in its elements `within`, and what sticks out of a window of this width."""
    faults = []
    for screen in each_screen(page, [(width, scheme) for scheme in SCHEMES]):
        look_at = "everything" if screen[1] == SCHEMES[0] else "colours"
        found = violations(page, within=within, best_practice=best_practice, look_at=look_at)
        found += [f"{by} px too wide"] if (by := sideways(page)) > 0 else []
        faults += [f"{screen}: {fault}" for fault in found]
    return faults
