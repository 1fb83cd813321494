"""Articles, written in blocks."""

from content_editor.admin import ContentEditor, ContentEditorInline
from django.contrib import admin, messages
from django.utils import timezone
from django.utils.formats import date_format

from ..models import Article, CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock
from ..reviewing import reviewed_text, void_reviews
from .filters import ReviewFilter, StateFilter
from .slugs import SlugOnceMixin


@admin.register(Article)
class ArticleAdmin(SlugOnceMixin, ContentEditor):
    list_display = ["title", "topic", "state", "review_status", "published_at", "modified_at"]
    list_filter = [StateFilter, ReviewFilter, "topic", "is_medical"]
    list_select_related = ["topic"]
    search_fields = ["title", "slug", "summary"]
    readonly_fields = ["review_status"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "topic", "summary", "standfirst", "key_facts"]}),
        ("Publishing", {"fields": ["published_at", "is_medical", "is_featured", "review_status"]}),
    ]
    inlines = [
        ContentEditorInline.create(ProseBlock, icon="notes"),
        ContentEditorInline.create(CalloutBlock, icon="priority_high"),
        ContentEditorInline.create(EvidenceBlock, icon="table_chart"),
        ContentEditorInline.create(FigureBlock, icon="image"),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("reviews__clinician").order_by("-published_at", "pk")

    def view_on_site(self, article: Article) -> str | None:
        is_public = article.state(timezone.now()) == Article.State.PUBLISHED
        return article.get_absolute_url() if is_public else None

    @admin.display(ordering="published_at")
    def state(self, article: Article) -> str:
        return article.state(timezone.now()).label

    @admin.display(description="review", empty_value="")
    def review_status(self, article: Article | None) -> str:
        if article is None or article.pk is None:
            return "Not yet reviewed by a clinician. Save the article first."
        if not article.is_medical:
            return "Not needed: not a medical page"
        if article.review is None:
            return "Not yet reviewed by a clinician. Readers see this."
        due = date_format(article.review.next_due_on)
        if article.review_is_overdue(timezone.localdate()):
            return f"{article.review.reviewer_name}: was due again on {due}"
        return f"{article.review.reviewer_name}: due again on {due}"

    def save_model(self, request, obj: Article, form, change: bool) -> None:
        form.text_before = reviewed_text(Article.objects.get(pk=obj.pk)) if change else ""
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        article = form.instance
        article.count_words()
        if not change or reviewed_text(article) == form.text_before:
            return
        if void_reviews(article=article, now=timezone.now()):
            self.message_user(
                request,
                "The text has changed, so its review no longer stands. Readers now see "
                "“Not yet reviewed by a clinician”.",
                level=messages.WARNING,
            )
