"""Every page and state of the public site, for the tests that walk them all."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

ARTICLES = [
    "/articles/is-ketamine-fda-approved/",
    "/articles/ketamine-for-anxiety-and-ocd/",
    "/articles/ketamine-for-bipolar-depression/",
    "/articles/ketamine-for-ptsd/",
    "/articles/ketamine-for-treatment-resistant-depression/",
    "/articles/ketamine-safety-and-side-effects/",
    "/articles/preparing-for-and-recovering-from-an-infusion/",
    "/articles/what-does-ketamine-cost-and-does-insurance-pay/",
    "/articles/what-psychiatric-conditions-do-ketamine-infusions-treat/",
    "/articles/what-to-expect-at-a-ketamine-infusion/",
]
PATHS = [
    "/",
    "/articles/",
    "/articles/topics/conditions/",
    *ARTICLES,
    "/locations/",
    "/locations/birmingham/",
    "/locations/auburn/",
    "/consult/",
    "/questions/",
    "/about/",
    "/privacy/",
    "/accessibility/",
    "/reviewing/",
]
# Results, a clinic, half a page of them, a suggestion, nothing, a crisis, no word: private, so no PATHS.
SEARCHES = [
    f"/search/{query}"
    for query in ("", "?q=side+effects", "?q=birmingham", "?q=ketamine&page=2", "?q=ketmaine+saftey", "?q=zebrafinch")
] + ["/search/?q=suicide", "/search/?q=%F0%9F%99%82"]
ERROR_PATHS = {"/not-a-page/": 404, **{f"/errors/{status}/": status for status in (400, 403, 410, 413, 500, 503)}}
ERROR_PATHS["/errors/503/form/"] = 503  # gives back what was typed


def open_path(path: str) -> Callable[[Page, str], None]:
    return lambda page, site: page.goto(site + path)


def form_in_error(page: Page, site: str) -> None:
    page.goto(f"{site}/consult/")
    page.fill("#id_phone", "557-22")
    page.click("main form button[type=submit]")


def location_form_in_error(page: Page, site: str) -> None:
    page.goto(f"{site}/locations/auburn/")
    page.click("main form button[type=submit]")


def thanked(page: Page, site: str) -> None:
    page.goto(f"{site}/consult/")
    page.check("input[name=location][value=auburn]")
    page.fill("#id_name", "Dana Whitfield")
    page.fill("#id_phone", "205-555-0142")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/consult/thanks/*/")


@dataclass(frozen=True)
class State:
    """One page in one state, and how to get there."""

    name: str
    show: Callable[[Page, str], None]


# Articles are one template: those that between them hold every kind of block are looked at in a browser.
ARTICLES_LOOKED_AT = [
    "/articles/ketamine-for-bipolar-depression/",
    "/articles/ketamine-for-treatment-resistant-depression/",
    "/articles/what-does-ketamine-cost-and-does-insurance-pay/",
    "/articles/what-psychiatric-conditions-do-ketamine-infusions-treat/",
]
STATES = [
    *(State(path, open_path(path)) for path in PATHS if path not in ARTICLES or path in ARTICLES_LOOKED_AT),
    *(State(path, open_path(path)) for path in SEARCHES),
    *(State(path, open_path(path)) for path in ERROR_PATHS),
    State("consult, in error", form_in_error),
    State("location, in error", location_form_in_error),
    State("thanks", thanked),
]
