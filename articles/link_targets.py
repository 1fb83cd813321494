"""Whether links within the site lead to something that readers can open."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from django.db.models import QuerySet
from django.urls import Resolver404, resolve

from clinic_site.core.models import Page
from locations.models import Location

from .headings import Headings
from .links import outer_address
from .models import Article, Question, Topic

# The ids that every article page has besides those of its own headings.
PAGE_ANCHORS = frozenset({"main", "key-facts", "references", "consult-here"})
MEDICAL_ANCHORS = frozenset({"off-label", "results-vary", "risks-box", "getting-home", "not-advice", "crisis"})
OTHER_SCHEMES = ("mailto", "tel", "sms")


@dataclass(frozen=True, kw_only=True)
class LinkFault:
    """Why readers would not get where a link points.

    `is_dead` is False when they land on the page, only not at the place on it.
    """

    text: str
    is_dead: bool = True


@dataclass(frozen=True, kw_only=True)
class _Target:
    """A link within the site, taken apart. `view` is '' when no address of ours matches."""

    href: str
    view: str
    slug: str
    anchor: str


def anchors_of(article: Article, blocks: Iterable) -> set[str]:
    """Return the ids to which a link within the page of `article` may lead."""
    headings = Headings()
    for block in blocks:
        if block.kind in ("prose", "callout"):
            headings.anchored(block.html)
    return {*headings.anchors, *PAGE_ANCHORS, *(MEDICAL_ANCHORS if article.is_medical else ())}


def faults_of_links(hrefs: Iterable[str], *, article: Article, blocks: Iterable, at: datetime) -> dict[str, LinkFault]:
    """Return what is wrong with each link of `article` that does not lead out of the site, as readers meet it `at`.

    One query for each kind of thing that is linked to, and the blocks of each article of which a
    part is linked to.
    """
    faults, targets = {}, []
    own_anchors = anchors_of(article, blocks)
    for href in dict.fromkeys(hrefs):
        found = _take_apart(href)
        if isinstance(found, LinkFault):
            faults[href] = found
        elif isinstance(found, _Target):
            targets.append(found)
    wanted = [target for target in targets if not _is_own(target, article)]
    for target in targets:
        if target.anchor and target not in wanted and target.anchor not in own_anchors:
            faults[target.href] = _no_such_place(target.anchor)
    faults.update(_pages_closed(wanted, at))
    faults.update((href, fault) for href, fault in _places_missing(wanted, at) if href not in faults)
    return faults


def _take_apart(href: str) -> LinkFault | _Target | None:
    """Return what is wrong at first sight, the target within the site, or None for all other links."""
    try:
        parts = urlsplit(href)
        if outer_address(href) or parts.scheme in OTHER_SCHEMES:
            return None
    except ValueError:
        return LinkFault(text="this is no address")
    if parts.netloc and not parts.scheme:
        return LinkFault(text="it lacks “https:” at the start")
    if href.startswith("#") and len(href) > 1:
        return _Target(href=href, view="", slug="", anchor=unquote(parts.fragment))
    if not (parts.path or parts.netloc):
        return LinkFault(text="it is empty")
    if not parts.netloc and not parts.path.startswith("/"):
        return LinkFault(text="it begins neither with https:// nor with /")
    path = unquote(parts.path) or "/"
    match = _resolve(path) or (None if path.endswith("/") else _resolve(f"{path}/"))
    if match is None:
        return LinkFault(text="there is no such page on this site")
    if match.app_names[:1] == ["admin"]:
        return LinkFault(text="it leads into the admin, which readers cannot open")
    return _Target(
        href=href, view=match.view_name, slug=str(match.kwargs.get("slug", "")), anchor=unquote(parts.fragment)
    )


def _resolve(path: str):
    try:
        return resolve(path)
    except Resolver404:
        return None


def _is_own(target: _Target, article: Article) -> bool:
    return target.view == "" or (target.view == "articles:article" and target.slug == article.slug)


def _open_things(view: str, at: datetime) -> QuerySet | None:
    """The things that readers can open at the addresses of one kind; None when there is always a page."""
    match view:
        case "articles:article":
            return Article.objects.published(at)
        case "articles:topic":
            return Topic.objects.all()
        case "locations:location":
            return Location.objects.active()
        case "site:page":
            return Page.objects.shown()
    return None


def _pages_closed(targets: list[_Target], at: datetime) -> dict[str, LinkFault]:
    by_view: dict[str, list[_Target]] = defaultdict(list)
    for target in targets:
        by_view[target.view].append(target)
    faults = {}
    for view, linked in by_view.items():
        things = _open_things(view, at)
        if things is None:
            continue
        open_slugs = set(things.filter(slug__in={target.slug for target in linked}).values_list("slug", flat=True))
        for target in linked:
            if target.slug not in open_slugs:
                faults[target.href] = LinkFault(text="readers cannot open that page: it is not there, or not yet shown")
    return faults


def _places_missing(targets: list[_Target], at: datetime) -> Iterator[tuple[str, LinkFault]]:
    """The links to a question or to a part of another article that is not there."""
    pinned = [target for target in targets if target.anchor]
    questions = [target for target in pinned if target.view == "articles:questions"]
    if questions:
        slugs = {target.anchor for target in questions}
        shown = set(Question.objects.shown().filter(slug__in=slugs).values_list("slug", flat=True))
        yield from ((target.href, _no_such_place(target.anchor)) for target in questions if target.anchor not in shown)
    parts = [target for target in pinned if target.view == "articles:article"]
    if parts:
        articles = Article.objects.published(at).filter(slug__in={target.slug for target in parts})
        anchors = {other.slug: anchors_of(other, other.blocks()) for other in articles}
        for target in parts:
            if target.anchor not in anchors.get(target.slug, ()):
                yield target.href, _no_such_place(target.anchor)


def _no_such_place(anchor: str) -> LinkFault:
    return LinkFault(text=f"the page has no place called “{anchor}”, so readers land at its top", is_dead=False)
