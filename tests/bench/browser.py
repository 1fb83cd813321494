"""What a reader with a cheap phone in a weak signal waits for. Bar 5.

Chromium, throttled by its own developer tools: 1.6 Mbit/s, 150 ms, a processor four times slower.
"""

from dataclasses import dataclass, field

from tests.chromium import QUIET, chromium_path

from .loads import ARTICLE
from .results import ROUNDS, Line
from .servers import SHIPPED, make_site_database, serve

SPEED, DELAY, SLOWER = 1.6e6 / 8, 150, 4  # bytes a second, ms, times
PAGES = {"home": "/", "article": ARTICLE}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
# Read before anything else on the page, and kept for us.
OBSERVE = """
window.__seen = {fcp: 0, lcp: 0, cls: 0, tasks: []};
const watch = (type, each) =>
  new PerformanceObserver(list => list.getEntries().forEach(each)).observe({type, buffered: true});
watch('paint', e => { if (e.name === 'first-contentful-paint') __seen.fcp = e.startTime });
watch('largest-contentful-paint', e => { __seen.lcp = e.startTime });
watch('layout-shift', e => { if (!e.hadRecentInput) __seen.cls += e.value });
watch('longtask', e => { __seen.tasks.push([e.startTime, e.duration]) });
"""


@dataclass
class _Traffic:
    """What went over the network for one view."""

    bytes: float = 0
    requests: list[str] = field(default_factory=list)
    cached: set[str] = field(default_factory=set)


def browser() -> list[Line]:
    """Return the figures of the first view of each page, and the requests of the second."""
    from playwright.sync_api import sync_playwright

    make_site_database("site")
    lines = []
    with serve(SHIPPED, database="site") as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        for name, page in PAGES.items():
            site.get(page, Accept_Encoding="br")  # the site's own cache is warm, the browser's is not
            rounds = [_view(chromium, f"http://127.0.0.1:{site.port}{page}") for _ in range(ROUNDS)]
            lines += _lines(name, {key: [found[key] for found in rounds] for key in rounds[0]})
        chromium.close()
    return lines


def _lines(page: str, found: dict[str, list[float]]) -> list[Line]:
    bars = {
        "fcp": ("first contentful paint", "s", 1.2),
        "lcp": ("largest contentful paint", "s", 1.5),
        "cls": ("layout shift", "", 0),
        "tbt": ("blocking time", "ms", 50),
        "kilobytes": ("first view with fonts", "kB", 95),
        "requests": ("first view", "requests", None),
        "again": ("view again, over the network", "requests", 1),
    }
    return [
        Line(part="browser", what=f"{page}: {words}", values=found[key], unit=unit[:6], at_most=most)
        for key, (words, unit, most) in bars.items()
    ]


def _view(chromium, url: str) -> dict[str, float]:
    """Look at a page twice, the first time with an empty cache."""
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    page.add_init_script(OBSERVE)
    developer = context.new_cdp_session(page)
    traffic = _listen(developer)
    developer.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": DELAY, "downloadThroughput": SPEED, "uploadThroughput": SPEED},
    )
    developer.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="networkidle")
    page.wait_for_timeout(1000)
    seen = page.evaluate("__seen")
    first = traffic.bytes, len(set(traffic.requests) - traffic.cached)
    traffic.requests.clear()
    traffic.cached.clear()
    page.reload(wait_until="networkidle")
    again = len(set(traffic.requests) - traffic.cached)
    context.close()
    # What long tasks between the first paint and the end keep waiting beyond 50 ms.
    late = sum(max(0, duration - 50) for start, duration in seen["tasks"] if start >= seen["fcp"])
    return {
        "fcp": seen["fcp"] / 1000,
        "lcp": seen["lcp"] / 1000,
        "cls": seen["cls"],
        "tbt": late,
        "kilobytes": first[0] / 1000,
        "requests": first[1],
        "again": again,
    }


def _listen(developer) -> _Traffic:
    traffic = _Traffic()
    developer.send("Network.enable")

    def responded(event: dict) -> None:
        if event["response"].get("fromDiskCache") or event["response"]["url"].startswith("data:"):
            traffic.cached.add(event["requestId"])

    def finished(event: dict) -> None:
        traffic.bytes += event["encodedDataLength"]

    developer.on("Network.requestWillBeSent", lambda event: traffic.requests.append(event["requestId"]))
    developer.on("Network.requestServedFromCache", lambda event: traffic.cached.add(event["requestId"]))
    developer.on("Network.responseReceived", responded)
    developer.on("Network.loadingFinished", finished)
    return traffic
