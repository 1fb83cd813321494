"""The browser in which pages are tested and measured."""

import shutil

# First the one without windows, as Playwright does: the same pages take two thirds of its processor's time.
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
# It asks nobody for anything but the pages.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """Return where this machine has a Chromium; None stands for the one that Playwright installed, if it did."""
    return next(filter(None, map(shutil.which, NAMES)), None)
