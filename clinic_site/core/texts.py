"""The editable texts, as templates look them up: `texts.crisis.heading`."""

from collections.abc import Callable

from .html import CITATION, without_ids
from .models import SiteText


def all_texts() -> dict[str, SiteText]:
    """Return every site text by its key."""
    return {text.key: text for text in SiteText.objects.all()}


class SiteTexts:
    """All site texts by key, got from `load` when the first is asked for.

    Templates write an underscore where the key has a hyphen. A key without a text gives one
    that is empty. Bodies lose their citation marks, which only pages with a list of references can resolve.
    """

    def __init__(self, load: Callable[[], dict[str, SiteText]] = all_texts) -> None:
        self._load = load
        self._texts: dict[str, SiteText] | None = None

    def __getitem__(self, key: str) -> SiteText:
        if self._texts is None:
            self._texts = self._load()
        text = self._texts.get(key.replace("_", "-"), SiteText())
        return SiteText(key=text.key, heading=text.heading, body=CITATION.sub("", without_ids(text.body)))
