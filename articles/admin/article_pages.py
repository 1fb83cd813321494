"""The pages around an article: checklist and publishing, preview and sign-off, versions."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from ..checklist import check_article, errors_in
from ..comparing import compare, parts_of
from ..models import Article, State
from ..publishing import NotReady
from ..versions import parts_of_version, restore, versions_of
from ..writing import after_change, before_change
from .article_preview import PreviewPages
from .publish_forms import STEPS, ScheduleForm


class ArticlePages(PreviewPages):
    """A ModelAdmin's own pages for one article: for staff who see articles, and to act on for those who change them."""

    def get_urls(self) -> list:
        pages = {
            "<int:pk>/publish/": (self.publish_view, "articles_publish"),
            "<int:pk>/versions/": (self.versions_view, "articles_versions"),
            "<int:pk>/versions/<int:version>/": (self.version_view, "articles_version"),
            **self.preview_pages(),
        }
        guarded = [
            path(route, self.admin_site.admin_view(self._guarded(view, asks_itself=name == "articles_sign")), name=name)
            for route, (view, name) in pages.items()
        ]
        return [*guarded, *super().get_urls()]

    def _guarded(self, view, *, asks_itself: bool):
        def guarded(request, pk: int, **kwargs):
            if request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "POST"])
            article = get_object_or_404(self.get_queryset(request), pk=pk)
            if not self.has_view_permission(request, article):
                raise PermissionDenied
            may_act = asks_itself or self.has_change_permission(request, article)
            if request.method == "POST" and not may_act:
                raise PermissionDenied
            return view(request, article, **kwargs)

        return guarded

    def page(self, request, template: str, article: Article, title: str, **context) -> TemplateResponse:
        """Return one of these pages, with what all of them show."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "article": article,
            "title": title,
            "standing": self.standing(request, article),
            "may_change": self.has_change_permission(request, article),
            **context,
        }
        return TemplateResponse(request, f"admin/articles/article/{template}.html", context)

    def standing(self, request, article: Article) -> dict:
        """What the line at the top of each page says: state, moment, review."""
        now = timezone.now()
        state = article.state(now)
        moments = {
            State.IN_REVIEW: article.in_review_since,
            State.SCHEDULED: article.published_at,
            State.PUBLISHED: article.published_at,
            State.WITHDRAWN: article.withdrawn_at,
        }
        return {
            "article": article,
            "state": state,
            "moment": moments.get(state),
            "review": self.review_status(article),
            "url": article.get_absolute_url() if state == State.PUBLISHED else "",
        }

    # Checklist and publishing ----------------------------------------------------------------

    def publish_view(self, request, article: Article):
        """Show what stands between the article and its readers, and take the next step."""
        now = timezone.now()
        schedule = ScheduleForm(request.POST if request.POST.get("step") == "schedule" else None)
        if request.method == "POST":
            step = STEPS.get(request.POST.get("step", ""))
            if step is None:
                raise Http404
            if step.take(request=request, admin=self, article=article, form=schedule, now=now):
                return HttpResponseRedirect(reverse("admin:articles_publish", args=[article.pk]))
        findings = check_article(article, now=now)
        state = article.state(now)
        context = {
            "findings": findings,
            "is_ready": not errors_in(findings),
            "schedule": schedule,
            "steps": {name for name, step in STEPS.items() if state in step.states},
        }
        return self.page(request, "publish", article, f"Publish: {article}", **context)

    # Versions --------------------------------------------------------------------------------

    def versions_view(self, request, article: Article):
        return self.page(request, "versions", article, f"Versions: {article}", versions=list(versions_of(article)))

    def version_view(self, request, article: Article, version: int):
        """Compare one version with what is stored now; a POST brings it back."""
        found = get_object_or_404(versions_of(article), pk=version)
        if request.method == "POST":
            return self._restore(request, article, found)
        changes = compare(parts_of_version(found), parts_of(article, article.blocks()))
        context = {
            "version": found,
            "changes": changes,
            "differs": any(change.is_difference for change in changes),
        }
        return self.page(request, "version", article, f"Version: {article}", **context)

    def _restore(self, request, article: Article, version):
        now = timezone.now()
        made_at = timezone.localtime(version.revision.date_created)
        comment = f"Restored from {made_at:%B %-d, %Y, %-I:%M %p}"
        try:
            with transaction.atomic():
                before = before_change(article=article, now=now)
                lost = restore(article=article, version=version)
                review_is_void = after_change(article=article, before=before, by=request.user, comment=comment, now=now)
        except NotReady as not_ready:
            self.message_user(request, "Readers see this article, and that version does not pass:", messages.ERROR)
            for finding in not_ready.findings:
                self.message_user(request, finding.text, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:articles_version", args=[article.pk, version.pk]))
        self.log_change(request, article, f"{comment}.")
        self.message_user(request, f"{comment}. The text before that is kept as a version too.", messages.SUCCESS)
        for words in lost:
            self.message_user(request, words, messages.WARNING)
        if review_is_void:
            self.message_user(
                request, "The text differs from the one that was reviewed: it needs a new review.", messages.WARNING
            )
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
