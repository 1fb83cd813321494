"""The checks of the checklist, in the order in which it shows them. Each looks at one thing."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from .claims import lacks_citation, uses_of
from .findings import Finding, Level, Work, quote
from .headings import HEADING
from .links import outer_address
from .plain_text import plain_text
from .readability import count_words, reading_grade, sentences
from .rendering import BOXES_AFTER, BOXES_BEFORE

# What the law of the editorial rules wants to read on every medical page: one of these.
REQUIRED_IN_BOXES = {"off-label": ("off-label", "has not approved"), "crisis": ("988",)}
LONG_SENTENCES_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule: what it finds in an article, and what the checklist says when that is nothing."""

    rule: str
    find: Callable[[Work], Iterator[Finding]]
    in_order: str = ""


def _at(place) -> dict:
    return {"where": place.where, "target": place.target}


def forbidden_words(work: Work) -> Iterator[Finding]:
    for passage in work.passages:
        for use in uses_of(work.forbidden, passage.html):
            row = work.forbidden[use.entry]
            verb = "must" if row.level == row.Level.ERROR else "should"
            yield Finding(
                level=Level(row.level),
                rule="forbidden-words",
                text=f"“{use.text}” {verb} not be used: {quote(use.sentence)}",
                remedy=row.instead or "Say it in other words.",
                **_at(passage),
            )


def required_parts(work: Work) -> Iterator[Finding]:
    article = work.article
    lacking = [
        (not article.summary.strip(), "The summary is empty.", "Say in one sentence what the page tells.", "summary"),
        (not article.standfirst.strip(), "The standfirst is empty.", "Give the short answer.", "standfirst"),
    ]
    for is_lacking, text, remedy, name in lacking:
        if is_lacking:
            where, target = name.capitalize(), f"id_{name}"
            yield Finding(level=Level.ERROR, rule="parts", text=text, remedy=remedy, where=where, target=target)
    if not any(place.block.kind == "prose" for place in work.blocks):
        yield Finding(level=Level.ERROR, rule="parts", text="There is no block of text.", remedy="Add a text block.")


def boxes(work: Work) -> Iterator[Finding]:
    """The boxes that every medical page carries, with the words that must stand in them."""
    if not work.article.is_medical:
        yield Finding(level=Level.OK, rule="boxes", text="Not a medical page: it carries no off-label or risks box.")
        return
    keys = [*BOXES_BEFORE, *BOXES_AFTER]
    is_complete = True
    for key in keys:
        text = work.site_texts.get(key)
        body = plain_text(text.body) if text else ""
        words = REQUIRED_IN_BOXES.get(key, ())
        url = reverse("admin:core_sitetext_change", args=[text.pk]) if text else ""
        here = {"level": Level.ERROR, "rule": "boxes", "where": f"Site text “{key}”", "url": url}
        if not body:
            is_complete = False
            yield Finding(text=f"The box “{key}” is empty.", remedy="Write it under Site texts.", **here)
        elif words and not any(word in f"{text.heading} {body}".casefold() for word in words):
            is_complete = False
            named = " or ".join(f"“{word}”" for word in words)
            yield Finding(text=f"The box “{key}” does not say {named}.", remedy="Put the words back.", **here)
    if is_complete:
        names = ", ".join(f"“{key}”" for key in keys)
        yield Finding(level=Level.OK, rule="boxes", text=f"The page carries the boxes {names}.")


def sources(work: Work) -> Iterator[Finding]:
    for passage in work.passages:
        if passage.cites and lacks_citation(passage.html, claim_words=work.rules.claim_word_list):
            yield Finding(
                level=Level.ERROR,
                rule="sources",
                text=f"A claim without a source: {quote(passage.text)}",
                remedy="Cite the source right after it with [@key], or take the claim out.",
                **_at(passage),
            )
        for key in dict.fromkeys(passage.keys):
            if key not in work.references:
                yield Finding(
                    level=Level.ERROR,
                    rule="sources",
                    text=f"[@{key}] is cited, but there is no such reference.",
                    remedy="Correct the key, or add the source under References.",
                    **_at(passage),
                )
    if work.article.is_medical and not work.references:
        yield Finding(
            level=Level.ERROR,
            rule="sources",
            text="The page cites nothing, so readers see no list of references.",
            remedy="A medical page names its sources. Cite them with [@key].",
        )


def checked_sources(work: Work) -> Iterator[Finding]:
    unchecked = sorted(key for key, reference in work.references.items() if reference.checked_on is None)
    if unchecked:
        yield Finding(
            level=Level.WARNING,
            rule="checked-sources",
            text=f"Nobody has compared these with the source itself: {', '.join(f'[@{key}]' for key in unchecked)}.",
            remedy="Open each source, compare the entry, and note the day.",
            where="References",
            url=f"{reverse('admin:articles_reference_changelist')}?checked=no",
        )


def figures(work: Work) -> Iterator[Finding]:
    for place in work.blocks:
        if place.block.kind != "figure":
            continue
        picture = place.block.picture
        if not (picture.is_decorative or picture.alt.strip()):
            yield Finding(
                level=Level.ERROR,
                rule="figures",
                text=f"The picture “{picture}” says nothing to people who cannot see it.",
                remedy="Describe what it shows, or tick “only decoration”.",
                url=reverse("admin:core_picture_change", args=[picture.pk]),
                **_at(place),
            )


def headings(work: Work) -> Iterator[Finding]:
    seen: Counter = Counter()
    has_level_2 = False
    for place in work.blocks:
        if place.block.kind not in ("prose", "callout"):
            continue
        # A call-out has a heading of its own, above whatever stands in it.
        may_be_level_3 = has_level_2 or place.block.kind == "callout"
        for level, _, inner in HEADING.findall(place.block.html):
            text = plain_text(inner)
            at = {"rule": "headings", **_at(place)}
            if not text:
                yield Finding(level=Level.WARNING, text="A heading is empty.", remedy="Write it or delete it.", **at)
                continue
            if level == "3" and not may_be_level_3:
                text_found = f"{quote(text)} is a level 3 heading with no level 2 heading above it."
                yield Finding(level=Level.ERROR, text=text_found, remedy="Make it level 2.", **at)
            may_be_level_3 = may_be_level_3 or level == "2"
            has_level_2 = has_level_2 or (level == "2" and place.block.kind == "prose")
            seen[text.casefold()] += 1
            if seen[text.casefold()] == 2:
                text_found = f"Two headings read {quote(text)}."
                remedy = "Name each for what stands under it: readers move by headings."
                yield Finding(level=Level.WARNING, text=text_found, remedy=remedy, **at)


def inner_links(work: Work) -> Iterator[Finding]:
    for place, href in dict.fromkeys((place, href) for place, href in work.links if href in work.link_faults):
        fault = work.link_faults[href]
        yield Finding(
            level=Level.ERROR if fault.is_dead else Level.WARNING,
            rule="inner-links",
            text=f"The link to {quote(href)} leads nowhere: {fault.text}."
            if fault.is_dead
            else f"The link to {quote(href)}: {fault.text}.",
            remedy="Correct the link or take it out.",
            **_at(place),
        )


def outer_links(work: Work) -> Iterator[Finding]:
    """What the last visits found. Nobody is asked anything here."""
    outer = dict.fromkeys((place, address) for place, href in work.links if (address := outer_address(href)))
    for place, address in outer:
        found = work.visits.get(address)
        at = {"level": Level.WARNING, "rule": "outer-links", **_at(place)}
        if found is not None and found.is_broken:
            text = f"The link to {quote(address)} is broken. {found.problem}"
            yield Finding(text=text, remedy="Find its new address or take it out.", **at)
        elif found is not None and found.moved_to:
            text = f"{quote(address)} has moved for good, to {quote(found.moved_to)}."
            yield Finding(text=text, remedy="Link to the new address.", **at)
    waiting = len({address for _, address in outer if address not in work.visits})
    if waiting:
        when = "They will be within a day" if settings.CHECK_LINKS else "Checking is switched off (CHECK_LINKS)"
        text = f"Links to other sites that have not been tried yet: {waiting}. {when}."
        yield Finding(level=Level.OK, rule="outer-links", text=text)


def long_sentences(work: Work) -> Iterator[Finding]:
    limit = work.rules.longest_sentence
    found = [
        (words, sentence, passage)
        for passage in work.passages
        if passage.is_prose
        for sentence in sentences(passage.text)
        if (words := count_words(sentence)) > limit
    ]
    found.sort(key=lambda one: -one[0])
    for words, sentence, passage in found[:LONG_SENTENCES_SHOWN]:
        yield Finding(
            level=Level.WARNING,
            rule="sentences",
            text=f"A sentence of {words} words: {quote(sentence)}",
            remedy=f"Cut it in two. {limit} words are the most that readers can be asked to carry.",
            **_at(passage),
        )
    if len(found) > LONG_SENTENCES_SHOWN:
        text = f"Sentences of more than {limit} words besides these: {len(found) - LONG_SENTENCES_SHOWN}."
        yield Finding(level=Level.WARNING, rule="sentences", text=text, remedy="Cut each in two.")


def grade(work: Work) -> Iterator[Finding]:
    found = reading_grade(passage.text for passage in work.passages if passage.is_prose)
    if found is None:
        return
    lowest, highest = work.rules.lowest_grade, work.rules.highest_grade
    shown = f"Reading grade {found:.1f}; grades {lowest} to {highest} suit our readers."
    if lowest <= round(found, 1) <= highest:
        yield Finding(level=Level.OK, rule="grade", text=shown)
        return
    remedy = "Shorter sentences and shorter words." if found > highest else "It may leave out what readers need."
    yield Finding(level=Level.WARNING, rule="grade", text=shown, remedy=remedy)


def review(work: Work) -> Iterator[Finding]:
    article, found = work.article, work.review
    if not article.is_medical:
        yield Finding(level=Level.OK, rule="review", text="Not a medical page: no review is needed.")
    elif found is None:
        is_required = settings.REQUIRE_REVIEW
        yield Finding(
            level=Level.ERROR if is_required else Level.WARNING,
            rule="review",
            text="No clinician has signed off this text."
            + ("" if is_required else " Readers see “Not yet reviewed by a clinician”."),
            remedy="Ask a clinician to read it and to sign it off.",
            where="Review",
            url=reverse("admin:articles_preview", args=[article.pk]) + "#sign",
        )
    elif found.next_due_on < work.today:
        yield Finding(
            level=Level.WARNING,
            rule="review",
            text=f"The review was due again on {date_format(found.next_due_on)}.",
            remedy="Ask a clinician to read it again.",
            where="Review",
            url=reverse("admin:articles_preview", args=[article.pk]) + "#sign",
        )
    else:
        text = f"Signed off by {found.reviewer_name} on {date_format(found.reviewed_on)}."
        yield Finding(level=Level.OK, rule="review", text=text)


CHECKS = [
    Check(rule="forbidden-words", find=forbidden_words, in_order="No word of the list of forbidden words."),
    Check(rule="parts", find=required_parts, in_order="Summary, standfirst and text are there."),
    Check(rule="boxes", find=boxes),
    Check(rule="sources", find=sources, in_order="Every claim names its source."),
    Check(rule="checked-sources", find=checked_sources, in_order="Every source was compared with the original."),
    Check(rule="figures", find=figures, in_order="Every picture is described, or is only decoration."),
    Check(rule="headings", find=headings, in_order="The headings are in order."),
    Check(rule="inner-links", find=inner_links, in_order="Every link within the site leads somewhere."),
    Check(rule="outer-links", find=outer_links, in_order="Every link to another site answered when last tried."),
    Check(rule="sentences", find=long_sentences, in_order="No sentence is too long."),
    Check(rule="grade", find=grade),
    Check(rule="review", find=review),
]
