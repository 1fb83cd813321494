"""What is missing before the site may open. Each app lists its own."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LaunchItem:
    """One thing to do before opening. `url` leads to the place in the admin where it is done."""

    text: str
    url: str = ""
    is_urgent: bool = False
