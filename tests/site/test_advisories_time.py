"""What the security advisories of 2024 to 2026 warn of: texts that take ever longer the longer they are.

The large text of each test is 64 times as long as the small one and may take 500 times as long, since a
machine may be busy. What goes through a text once takes 64 times as long; what begins anew at each of its
places takes 4,096 times, and what tries everything never ends.
"""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError

from articles.citations import Numbering, cited_keys
from articles.claims import paragraphs_lacking_citation, uses_of
from articles.findings import quote
from articles.headings import Headings
from articles.links import links_in
from articles.plain_text import plain_text
from articles.readability import reading_grade
from clinic_site.core import page_cache
from clinic_site.core.client_address import address_of
from clinic_site.core.current_request import REQUEST_ID
from clinic_site.core.delivery import spoken
from clinic_site.core.html import clean_html, text_lines
from clinic_site.core.logs import CONTROLS, OF_ITSELF
from clinic_site.core.redirects import is_own_path
from clinic_site.core.search.missed import BETWEEN_DIGITS, PERSONAL
from clinic_site.core.search.snippets import marked, snippet
from clinic_site.core.search.words import folded_words, read_query
from clinic_site.crisis_words import speaks_of_crisis
from clinic_site.signin.passwords import GuessablePasswordValidator
from consults.admin.find import read_code, read_person
from consults.cleaning import clean_email, dialable, one_line
from consults.forms import NOTE_MAX_LENGTH
from consults.spam import LINK
from tests.factories.posts import make_post

SMALL, TIMES, MOST = 500, 64, 500
# Faster than this, in seconds, is no fault whatever the ratio.
NOTHING = 0.02


def seconds(function: Callable, text: str) -> float:
    """The time of this thread alone."""
    began = time.thread_time()
    with suppress(ValidationError):
        function(text)
    return time.thread_time() - began


def assert_in_step(function: Callable, unit: str, end: str) -> None:
    small, large = (unit * (size // len(unit)) + end for size in (SMALL, SMALL * TIMES))
    for _ in range(3):  # the best of three, since even this thread's time is longer beside a busy neighbour
        took = seconds(function, large)
        if took < NOTHING or took < MOST * min(seconds(function, small) for _ in range(3)):
            return
    raise AssertionError((unit, end, took))


# What breaks patterns: runs of what they repeat, and then something that does not fit.
UNITS = [
    " ",
    "a",
    "1",
    "-",
    "'",
    '"',
    "<",
    "&",
    "@",
    "(",
    "/",
    ".",
    "\n",
    "é",
    "\u2019",
    "a ",
    "a.",
    "A. ",
    "a-",
    "1-",
    "a'",
]
UNITS += [
    "<a ",
    '<a href="',
    "[@",
    " [@a]",
    "<h2>",
    "<h2>a</h2>",
    "A. <p>b ",
    "<p><b>",
    "</p>",
    "<\"'",
    "http://",
    "www.",
    "&lt;",
    "a@",
    "%",
    ";q=",
    ",",
]
UNITS += ["want to ", "how a ", "2055550142", "2 ", "ext", "x.", "::", "0:", "\u202e", "\u0301", "\x00", "\ud800", "ﷺ"]
ENDS = ["", "!", "\n"]


# Texts of visitors -------------------------------------------------------------------------------------
# CVE-2024-27351, CVE-2024-38875, CVE-2024-41990, CVE-2024-45230, CVE-2024-53907, CVE-2025-26699, CVE-2025-32873,
# CVE-2026-84429: each in our own code that does the like.

OF_VISITORS = {
    "search": read_query,
    "crisis words": lambda text: speaks_of_crisis(read_query(text)),
    "words": lambda text: list(folded_words(text)),
    "personal words": lambda text: PERSONAL.search(BETWEEN_DIGITS.sub("", text)),
    "phone": dialable,
    "e-mail": clean_email,
    "one line": one_line,
    "path of a redirect": is_own_path,
    "request id": REQUEST_ID.fullmatch,
    "Accept-Encoding": page_cache._encoding.__wrapped__,
    "If-None-Match": lambda text: page_cache._matches(text, '"x"'),
    "a log line": lambda text: CONTROLS.sub("?", text),
    "a log line of gunicorn": lambda text: OF_ITSELF.fullmatch(f"('1', {text}"),
    "who is looked for": read_person,
    "which reference": read_code,
}


@pytest.mark.parametrize("name", OF_VISITORS)
def test_no_text_of_a_visitor_takes_longer_than_its_length(name):
    for unit in UNITS:
        for end in ENDS:
            assert_in_step(OF_VISITORS[name], unit, end)


def test_an_address_takes_no_longer_than_its_length(rf, settings):
    """CVE-2024-56374."""
    settings.TRUST_PROXY = True
    for unit in ("::", "0:", "f", "1.", ":" * 7, "%", ", "):
        assert_in_step(lambda text: address_of(rf.get("/", headers={"x-forwarded-for": text})), unit, "")


def test_a_link_is_looked_for_in_texts_that_have_a_limit():
    """Its pattern begins anew at each place: the form must not let a longer text come this far."""
    for unit in ("0-", "a-", "www", "a."):
        assert seconds(LINK.search, unit * (NOTE_MAX_LENGTH // len(unit))) < 0.25


@pytest.mark.django_db
@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("field", ["name", "phone", "email", "note", "page", "consents", "source", "location", "took"])
def test_a_form_as_large_as_may_be_is_answered_at_once(client, field):
    for unit in (" ", "a-", "0:", "a@", "/", "1,", "ext", "\u202e", "A. "):
        began = time.thread_time()
        response = client.post("/consult/", make_post(**{field: unit * (18_000 // len(unit.encode()))}))
        assert response.status_code in {303, 413, 422}, unit
        assert time.thread_time() - began < 3, unit


@pytest.mark.django_db
@pytest.mark.usefixtures("content")
def test_headers_as_large_as_may_be_are_read_at_once(client):
    """CVE-2026-84429, CVE-2026-33033 and CVE-2026-108147: parameters in quotes, base64 that is mostly spaces."""
    quoted = 'multipart/form-data; boundary="' + ";" * 8000 + '"'
    spaces = (
        b'--x\r\nContent-Disposition: form-data; name="note"; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    bodies = {quoted: b"x", "multipart/form-data; boundary=x": spaces + b"QQ==" + b" \r\n" * 20_000 + b"\r\n--x--\r\n"}
    for kind, body in bodies.items():
        began = time.thread_time()
        response = client.generic(
            "POST", "/consult/", body, content_type=kind, headers={"accept": 'a;b="' + ";" * 8000}
        )
        assert response.status_code in {400, 413, 422}
        assert time.thread_time() - began < 3


# Passwords --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["clinic.example", "southernketamine.example", "ketamineketamine.clinic.wellnessclinic"]
)
def test_a_password_made_of_our_own_words_is_told_at_once_whatever_the_name_of_the_site(settings, host):
    """A pattern with a word that two others make tries each way to cut the password: twice as long for each word."""
    settings.SITE_HOST = host
    check = GuessablePasswordValidator().validate
    assert seconds(check, "southernketamine" * 23 + "zQv9") < 1
    assert seconds(check, ("southernketamine" * 60 + "zQv9xy")[:1000]) < 1
    for guessable in ("southernketamine7clinic!", "Clinic-Ketamine-2026", host.partition(".")[0] + "wellness1!"):
        with pytest.raises(ValidationError, match="common word"):
            check(guessable)
    check("clinic kettle seventy drums")


# Texts of staff ---------------------------------------------------------------------------------------------
# CVE-2024-27351, CVE-2024-53907, CVE-2025-32873, CVE-2026-1285: what is pasted into an editor, and read by everybody.

OF_STAFF = {
    "cleaning": clean_html,
    "lines": lambda text: text_lines(clean_html(text)),
    "plain text": lambda text: plain_text(clean_html(text)),
    "citations": lambda text: (cited_keys(text), Numbering({}).html(clean_html(text)), Numbering({}).plain(text)),
    "headings": lambda text: Headings().anchored(clean_html(text)),
    "links": lambda text: links_in(clean_html(text)),
    "listed words": lambda text: uses_of(["a", "want"], clean_html(text)),
    "claims": lambda text: paragraphs_lacking_citation(clean_html(text), claim_words=("cure*", "all ways")),
    "reading grade": lambda text: reading_grade([plain_text(clean_html(text))]),
    "quoted": quote,
    "snippet": lambda text: (snippet(text, {0: "a"}), marked(text, {0: "a"})),
    "words of a mail server": spoken,
}


@pytest.mark.parametrize("name", OF_STAFF)
def test_no_text_of_staff_takes_longer_than_its_length(name):
    for unit in UNITS:
        for end in ENDS[:2]:
            if "\ud800" not in unit:
                assert_in_step(OF_STAFF[name], unit, end)


# Every pattern of ours ------------------------------------------------------------------------------------------

# Which take long for a long text, and why none reaches them.
BOUNDED = {
    "articles.comparing.WORD": "never a text of nothing but spaces",
    "articles.feeds.LINK": "cleaned HTML, in which each tag is closed",
    "articles.headings.HEADING": "cleaned HTML, in which each heading is closed",
    "articles.links.HREF": "cleaned HTML, in which each tag is closed",
    "clinic_site.core.delivery.ADDRESS": "2,000 characters at most: spoken() above",
    "clinic_site.staticfiles_storage.PIECES": "our own style sheets",
    "consults.spam.LINK": "500 characters at most: above",
}
NOT_IMPORTED = ("migrations", "management", "settings", "wsgi", "gunicorn", "web_worker")


def patterns() -> dict[str, re.Pattern]:
    """Each pattern that a module of ours holds, by its name."""
    found = {}
    for package in map(importlib.import_module, ("clinic_site", "locations", "articles", "consults")):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(word in info.name for word in NOT_IMPORTED):
                for name, value in vars(importlib.import_module(info.name)).items():
                    if isinstance(value, re.Pattern):
                        found[f"{info.name}.{name}"] = value
    return found


def test_no_pattern_of_ours_takes_longer_than_its_text_but_those_that_see_no_long_one():
    known = patterns()
    assert len(known) > 40
    assert BOUNDED.keys() <= known.keys()
    for pattern in set(known.values()) - {known[name] for name in BOUNDED}:
        for unit in UNITS:
            # Spread over a text, and from its start.
            assert_in_step(
                lambda text, found=pattern: (sum(1 for _ in found.finditer(text)), found.match(text)), unit, "!"
            )
