"""The editable texts, as templates look them up: `texts.crisis.heading`."""

from collections.abc import Callable

from .html import CITATION, without_ids
from .models import SiteText


class SiteTexts:
    """All site texts by key, read once, when the first is asked for.

    Templates write an underscore where the key has a hyphen. A key without a text gives one
    that is empty. `render` turns a body into what the page shows; by default it drops citation
    marks, which only pages with a list of references can resolve.
    """

    def __init__(self, render: Callable[[str], str] | None = None) -> None:
        self._render = render or (lambda html: CITATION.sub("", without_ids(html)))
        self._texts: dict[str, SiteText] | None = None

    def __getitem__(self, key: str) -> SiteText:
        if self._texts is None:
            self._texts = {text.key: text for text in SiteText.objects.all()}
        text = self._texts.get(key.replace("_", "-"), SiteText())
        return SiteText(key=text.key, heading=text.heading, body=self._render(text.body))
