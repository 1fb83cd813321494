"""Hostile texts in a real browser, with our policy and without it: nothing runs, nothing is asked outside.

The rows hold the texts untouched, as if they had been written before there was any cleaning.
"""

import html
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from articles.models import CalloutBlock, EvidenceBlock, ProseBlock, Question
from clinic_site.core.models import Page as SitePage
from clinic_site.core.models import SiteText
from tests.admin.test_admin_browser import sign_in
from tests.core.test_html import stored
from tests.factories.articles import make_article, make_reference, make_topic
from tests.site.test_hostile_texts import NO_ZERO, overwrite
from tests.vectors import VECTORS, Vector

pytestmark = pytest.mark.browser

TELL = "window.seen = []; window.pwned = number => { window.seen.push(parseInt(number) || 0) }"
LOOK = """() => {
  const all = [...document.querySelectorAll('*')], ids = all.map(e => e.id).filter(Boolean);
  const editors = [...document.querySelectorAll('main *')].filter(e => !e.closest('form, svg, picture, .map'));
  return {
    seen,
    handlers: all.flatMap(e => e.getAttributeNames().filter(n => n.startsWith('on'))),
    styles: all.filter(e => e.hasAttribute('style')).length + document.querySelectorAll('style, body link').length,
    foreign: document.querySelectorAll('base, meta[http-equiv], iframe, frame, object, embed, video, audio, math,'
      + ' main template, main script:not([src^="/static/js/form."]),'
      + ' main input:not(form[action^="/consult/"] *, [role=search] *)').length,
    covering: editors.filter(e => ['fixed', 'sticky'].includes(getComputedStyle(e).position)
      && !e.closest('aside')).map(e => e.outerHTML.slice(0, 90)),
    twice: ids.filter((id, place) => ids.indexOf(id) != place),
    protocols: [...new Set([...document.querySelectorAll('a, area')].map(e => e.protocol))].sort(),
    forms: [...document.forms].map(e => new URL(e.action).origin).filter(o => o != location.origin),
    base: document.baseURI.split('#')[0] == location.href.split('#')[0],
    main: document.getElementById('main').tagName + document.getElementById('nav').tagName,
    hidden_by_a_name: ['body', 'querySelector', 'cookie', 'getElementById', 'currentScript', 'head', 'defaultView']
      .filter(name => document[name] instanceof Element && !['BODY', 'HEAD'].includes(document[name].tagName)),
    shared: document.querySelectorAll('.share').length,
    share_works: !document.querySelector('.share') || !document.querySelector('[data-share=print]').hidden,
  };
}"""
HARMLESS = {
    "seen": [],
    "handlers": [],
    "styles": 0,
    "foreign": 0,
    "covering": [],
    "twice": [],
    "base": True,
    "main": "MAINNAV",
    "forms": [],
    "hidden_by_a_name": [],
    "share_works": True,
}
PROTOCOLS = {":", "", "http:", "https:", "mailto:", "tel:", "sms:"}


@dataclass
class Watch:
    """What a page did, beside being shown."""

    own: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)

    def page(self, context: BrowserContext) -> Page:
        """Return a page that is watched and can ask nobody but us."""
        context.add_init_script(TELL)
        context.route(lambda url: urlsplit(url).netloc != self.own, self._refuse)
        page = context.new_page()
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("framenavigated", lambda frame: self.went.append(frame.url))
        return page

    def _refuse(self, route) -> None:
        self.asked.append(route.request.url)
        route.abort()


def fill_with(vectors: list[Vector]) -> list[str]:
    """Put `vectors` everywhere editors write, untouched, and return the paths where they show."""
    make_reference("doe2020")
    topic = make_topic(name=vectors[5].line[:60])
    prose, other = (
        make_article(
            topic=topic,
            slug=slug,
            title=vectors[3].line[:110],
            summary=vectors[4].line[:170],
            standfirst=vectors[5].line,
            key_facts="\n".join(vector.line for vector in vectors),
        )
        for slug in ("prose", "other")
    )
    for block, article in ((ProseBlock, prose), (CalloutBlock, other)):
        block.objects.bulk_create(
            block(parent=article, region="main", ordering=vector.number, html="") for vector in vectors
        )
        for row, vector in zip(block.objects.filter(parent=article).order_by("ordering"), vectors, strict=True):
            overwrite(row, "html", vector.block)
    CalloutBlock.objects.filter(parent=other).update(heading=vectors[9].line[:120])
    cells = [f"{vector.number} | {vector.line.replace('|', '/')}" for vector in vectors]
    EvidenceBlock.objects.create(
        parent=other,
        region="main",
        ordering=9999,
        caption=vectors[62].line[:150],
        table="\n".join([f"{vectors[71].line} | {vectors[72].line}", *cells]),
        note=vectors[73].line,
    )
    Question.objects.bulk_create(
        Question(question=vector.line[:150], slug=f"q-{vector.number}", group="about", answer="") for vector in vectors
    )
    for row, vector in zip(Question.objects.filter(slug__startswith="q-").order_by("pk"), vectors, strict=True):
        overwrite(row, "answer", vector.block)
    overwrite(SitePage.objects.get(slug="about"), "body", "\n".join(vector.block for vector in vectors))
    texts = list(SiteText.objects.order_by("pk"))
    SiteText.objects.update(heading=vectors[10].line[:120])
    for place, text in enumerate(texts):
        overwrite(text, "body", "".join(vector.block for vector in vectors[place :: len(texts)]))
    return [
        prose.get_absolute_url(),
        other.get_absolute_url(),
        "/questions/",
        "/about/",
        "/",
        "/consult/",
        "/articles/",
    ]


def assert_page_is_harmless(page: Page, path: str) -> None:
    looked = page.evaluate(LOOK)
    assert {key: looked[key] for key in HARMLESS} == HARMLESS, path
    assert set(looked["protocols"]) <= PROTOCOLS, path
    assert looked["shared"] == (1 if path.count("/") == 3 and path.startswith("/articles/") else 0), path


@pytest.mark.parametrize("policy", ["with our policy", "without a policy"])
def test_a31_a23_nothing_runs_covers_or_leaves(live_site, browser: Browser, policy):
    paths = fill_with(NO_ZERO)
    context = browser.new_context(bypass_csp=policy == "without a policy", reduced_motion="reduce")
    watch = Watch(own=urlsplit(live_site).netloc)
    page = watch.page(context)
    for path in paths:
        page.goto(live_site + path)
        assert_page_is_harmless(page, path)
        if path in paths[:3]:
            shown = page.locator("main").inner_text()
            assert [vector.number for vector in NO_ZERO if f"Vector {vector.number}." not in shown] == []
    context.close()
    assert watch.asked == []
    assert watch.said == []
    assert [urlsplit(url).path for url in watch.went] == paths


STIR = """() => {
  for (const frame of document.querySelectorAll('iframe')) {
    for (const e of frame.contentDocument?.querySelectorAll('*') ?? []) {
      for (const name of e.getAttributeNames()) {
        if (name.startsWith('on')) e.dispatchEvent(new Event(name.slice(2)));
      }
      if (e.protocol == 'javascript:' && e.click) e.click();
    }
  }
}"""


def test_the_vectors_do_run_and_leave_where_nobody_cleans(live_site, browser: Browser):
    """Else the test above could not fail."""
    context = browser.new_context()
    watch = Watch(own=urlsplit(live_site).netloc)
    page = watch.page(context)
    frames = "".join(f'<iframe srcdoc="{html.escape(vector.html)}"></iframe>' for vector in VECTORS)
    page.route("**/uncleaned/", lambda route: route.fulfill(body=frames, content_type="text/html"))
    page.goto(f"{live_site}/uncleaned/")
    page.evaluate(STIR)
    page.wait_for_function("new Set(seen).size > 120")
    seen = set(page.evaluate("seen"))
    asked = {urlsplit(url).path for url in watch.asked if urlsplit(url).hostname == "leak.example"}
    context.close()
    assert len(seen) > 120
    assert len(asked) > 40


PASTE = """(box, text) => {
  const data = new DataTransfer();
  data.setData('text/html', text);
  data.setData('text/plain', 'pasted');
  box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_a31_what_is_pasted_or_typed_into_the_editor_is_harmless(live_site, browser: Browser):
    # Without a policy, whose complaints about what the editor reads apart from the page would hide others.
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    watch = Watch(own=urlsplit(live_site).netloc)
    page = watch.page(context)
    sign_in(page, live_site)
    about = SitePage.objects.get(slug="about")
    overwrite(about, "body", "".join(vector.block for vector in NO_ZERO[:60]))
    page.goto(f"{live_site}/admin/core/page/{about.pk}/change/")
    editor = page.get_by_role("textbox", name="Body")
    expect(editor).to_contain_text("Vector 60.")
    pasted = VECTORS[::4]
    for vector in pasted:
        editor.evaluate(PASTE, f"<p>Pasted {vector.number}.</p>{vector.html}")
    editor.press("Control+End")
    page.keyboard.insert_text("<img src=/no-such-picture onerror=top.pwned(0)> [@doe2020]")
    last = pasted[-1].number
    expect(editor).to_contain_text(f"Pasted {last}.")
    assert page.evaluate("seen") == []
    page.click("[name=_continue]")
    expect(page.locator(".messagelist, .errornote")).to_be_visible()
    expect(editor).to_contain_text(f"Pasted {last}.")
    about.refresh_from_db()
    assert stored(SitePage, "body") == list(SitePage.objects.order_by("pk").values_list("body", flat=True))
    assert "[@doe2020]" in about.body
    context.close()
    assert watch.asked == []
    assert watch.said == []
