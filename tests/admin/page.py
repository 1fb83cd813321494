"""Reading the admin's pages as text."""

import re
from html import unescape


def text_of(response) -> str:
    """Return what a page says, without its tags, every run of white space as one space."""
    html = response.content.decode()
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    main = re.search(r"<main\b.*</main>", html, flags=re.DOTALL)
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", main[0] if main else html)).split())
    return re.sub(r" (?=[.,;:])", "", text)


def messages_of(response) -> list[str]:
    """Return the messages that wait to be shown after a redirect."""
    from django.contrib.messages import get_messages

    return [str(message) for message in get_messages(response.wsgi_request)]
