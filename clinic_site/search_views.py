"""The page that answers a search. What was searched for stays between the reader and this page."""

import re
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from articles.models import Topic
from clinic_site.core.search import Hit, Query, Results, read_query, search
from clinic_site.core.search.missed import count_missed
from clinic_site.core.seo import PageMeta
from locations.models import Location
from locations.search import CLINICS

from .crisis_words import speaks_of_crisis

HITS_A_PAGE = 10
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


@require_safe
@cache_control(private=True, no_store=True)
def search_page(request) -> HttpResponse:
    """What the site has on the words of ?q=, ten hits a page; without words, an invitation to type some."""
    now = timezone.now()
    query = read_query(request.GET.get("q", ""))
    wanted = request.GET.get("page", "")
    if wanted == "1":  # one page, one address
        return HttpResponsePermanentRedirect(_address(query))
    number = _page_number(request.GET)
    results = search(query, now=now, limit=HITS_A_PAGE, offset=HITS_A_PAGE * (number - 1))
    if number > 1 and not results.hits:
        raise Http404
    in_crisis = speaks_of_crisis(query)
    if query.words and not results.total and not in_crisis and request.method == "GET":
        count_missed(query, today=timezone.localdate(now))
    title = _title(query, results)
    context = {
        "meta": PageMeta(
            title=title if number == 1 else f"{title}, page {number}",
            description="" if query.text else "Search the articles, questions, clinics and pages of this website.",
            path=reverse("site:search"),
            robots="noindex" if query.text else "",  # what was searched for is nobody else's business
        ),
        "heading": title,
        "query": query,
        "results": results,
        "hits": _with_clinics(results.hits),
        "in_crisis": in_crisis,
        "topics": Topic.objects.with_published_articles(now),
        "did_you_mean_url": _address(results.did_you_mean) if results.did_you_mean else "",
        "previous_url": _address(query, number - 1) if number > 1 else "",
        "next_url": _address(query, number + 1) if results.total > HITS_A_PAGE * number else "",
    }
    return render(request, "site/search.html", context)


def _page_number(parameters) -> int:
    wanted = parameters.get("page")
    if wanted is not None and not PAGE_NUMBER.fullmatch(wanted):
        raise Http404
    return int(wanted or 1)


def _address(query: Query, number: int = 1) -> str:
    parameters = {"q": query.text} | ({"page": number} if number > 1 else {})
    return f"{reverse('site:search')}?{urlencode(parameters)}"


def _title(query: Query, results: Results) -> str:
    if not query.text:
        return "Search"
    count = {0: "No results", 1: "1 result"}.get(results.total, f"{results.total:,} results")
    return f"{count} for “{query.text}”"


def _with_clinics(hits: list[Hit]) -> list[tuple[Hit, Location | None]]:
    """Pair each hit with the clinic it stands for, whose address and phone are shown beside it."""
    keys = [hit.key for hit in hits if hit.kind == CLINICS.kind]
    clinics = {str(clinic.pk): clinic for clinic in Location.objects.filter(pk__in=keys)} if keys else {}
    return [(hit, clinics.get(hit.key) if hit.kind == CLINICS.kind else None) for hit in hits]
