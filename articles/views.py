"""The pages on which people read: lists of articles, one article, the questions."""

import re
from datetime import datetime

from django.core.paginator import EmptyPage
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic_site.core.caching import cached_page, public, unchanging
from clinic_site.core.models import ClinicIdentity
from clinic_site.core.seo import Crumb, PageMeta
from clinic_site.core.site_wide import remembered
from clinic_site.core.texts import all_texts

from .heads import article_meta
from .models import Article, Question, State, Topic
from .models.article import ArticleQuerySet, with_clinicians
from .neighbours import neighbours
from .paging import KeyPaginator
from .previews import find_preview
from .rendering import render_article, render_questions
from .sharing import picture_for, picture_path
from .structured import changed_at

ARTICLES_A_PAGE = 12
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@cached_page("page")
@require_safe
def index(request) -> HttpResponse:
    """Every published article, newest first."""
    return _list(
        request,
        Article.objects.all(),
        title="Articles",
        description="Articles on ketamine infusions, with sources: what is known, what is not, and what can go wrong.",
        path=reverse("articles:index"),
    )


@cached_page("page")
@require_safe
def topic(request, slug: str) -> HttpResponse:
    """The published articles of one topic, newest first."""
    found = get_object_or_404(Topic, slug=slug)
    return _list(
        request,
        Article.objects.filter(topic=found),
        title=found.name,
        description=found.summary,
        path=found.get_absolute_url(),
        topic=found,
    )


def _list(
    request, articles: ArticleQuerySet, *, title: str, description: str, path: str, topic: Topic | None = None
) -> HttpResponse:
    wanted = request.GET.get("page")
    if wanted == "1":  # one page, one address
        return public(HttpResponsePermanentRedirect(path))
    now = timezone.now()
    published = articles.published(now)
    count = remembered(request, ("published", path), published.count)
    page_obj = _page(published.for_cards().newest_first(), count, wanted)
    is_first = page_obj.number == 1
    meta = PageMeta(
        title=title if is_first else f"{title}, page {page_obj.number}",
        description=description if is_first else "",
        path=_page_path(path, page_obj.number),
        robots="" if page_obj.object_list else "noindex",
        crumbs=_crumbs_of_list(title, path, topic, is_first=is_first),
        previous_path=_page_path(path, page_obj.previous_page_number()) if page_obj.has_previous() else "",
        next_path=_page_path(path, page_obj.next_page_number()) if page_obj.has_next() else "",
    )
    context = {
        "meta": meta,
        "topic": topic,
        "topics": Topic.objects.with_published_articles(now),
        "page_obj": page_obj,
    }
    return public(render(request, "articles/index.html", context))


def _page_path(path: str, number: int) -> str:
    return path if number == 1 else f"{path}?page={number}"


def _crumbs_of_list(title: str, path: str, topic: Topic | None, *, is_first: bool) -> tuple[Crumb, ...]:
    above = [Crumb(name="Articles", path=reverse("articles:index"))] if topic else []
    return tuple(above if is_first else [*above, Crumb(name=title, path=path)])


def _page(articles: ArticleQuerySet, count: int, wanted: str | None):
    if wanted is not None and not PAGE_NUMBER.fullmatch(wanted):
        raise Http404
    paginator = KeyPaginator(articles, ARTICLES_A_PAGE)
    paginator.count = count
    try:
        return paginator.page(wanted or 1)
    except EmptyPage:
        raise Http404


@cached_page()
@require_safe
def article(request, slug: str) -> HttpResponse:
    """One article, if readers may see it yet."""
    now = timezone.now()
    found = get_object_or_404(Article.objects.published(now).select_related("topic"), slug=slug)
    others = neighbours(found, now=now)
    prefetch_related_objects([found, *others.related], with_clinicians())
    context = {**_article_context(request, found), "related": others.related}
    context["earlier"], context["later"] = others.earlier, others.later
    return public(render(request, "articles/article.html", context))


@require_safe
def preview(request, secret: str) -> HttpResponse:
    """One article that is not published, for somebody who was given the link."""
    link = find_preview(secret=secret, now=timezone.now())
    if link is None:
        raise Http404
    found = Article.objects.for_cards().get(pk=link.article_id)
    return preview_response(request, found, expires_at=link.expires_at)


def preview_response(request, article: Article, *, expires_at: datetime | None = None) -> HttpResponse:
    """The page of an article as readers would see it, kept by nobody and indexed by nobody."""
    context = _article_context(request, article, robots="noindex, nofollow")
    is_public = article.state(timezone.now()) == State.PUBLISHED
    context["preview"] = {"expires_at": expires_at, "is_public": is_public}
    response = render(request, "articles/article.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _article_context(request, article: Article, *, robots: str = "") -> dict:
    page = render_article(article, texts=remembered(request, "texts", all_texts))
    clinic = remembered(request, "clinic", ClinicIdentity.load)
    # Templates read an article and what was rendered of it under one name.
    article.standfirst_html, article.key_facts_html = page.standfirst_html, page.key_facts_html
    return {
        "meta": article_meta(article, clinic=clinic, citations=page.citations, robots=robots),
        "clinic": clinic,
        "article": article,
        "changed_at": changed_at(article),
        "page": page,
        "blocks": page.blocks,
        "contents": page.contents,
        "citations": page.citations,
        "texts": page.boxes,
    }


@require_safe
def share_picture(request, slug: str, version: str) -> HttpResponse:
    """The picture that apps show when somebody shares a published article."""
    found = get_object_or_404(Article.objects.published(timezone.now()), slug=slug)
    clinic = ClinicIdentity.load()
    picture = picture_for(found, clinic)
    if version != picture.version:  # an old title: what was shared then shows the picture of today
        return public(HttpResponseRedirect(picture_path(found, clinic)))
    return unchanging(HttpResponse(picture.jpeg(), content_type="image/jpeg"))


@cached_page()
@require_safe
def questions(request) -> HttpResponse:
    """The questions people ask, with short sourced answers."""
    page = render_questions(Question.objects.shown())
    meta = PageMeta(
        title="Questions people ask",
        description="Short answers with sources on ketamine infusions: what they are like, risks, cost and privacy.",
        path=reverse("articles:questions"),
    )
    context = {"meta": meta, "groups": page.groups, "citations": page.citations, "texts": page.boxes}
    return public(render(request, "articles/questions.html", context))
