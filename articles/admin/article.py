"""Articles, written in blocks."""

from content_editor.admin import ContentEditor, ContentEditorInline
from django.contrib import admin, messages
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from clinic_site.core.inlines import BoundedInlineMixin

from ..checklist import check_article, errors_in
from ..models import Article, CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock, State
from ..publishing import NotReady
from ..writing import after_change, before_change, before_deleting
from .article_form import ArticleForm, compare_with_stored, revive_deleted_blocks
from .article_pages import ArticlePages
from .filters import ReviewFilter, StateFilter
from .slugs import SlugOnceMixin

REVIEW_IS_VOID = (
    "The text has changed, so its review no longer stands. Readers now see “Not yet reviewed by a clinician”."
)


class BlockInline(BoundedInlineMixin, ContentEditorInline):
    pass


@admin.register(Article)
class ArticleAdmin(SlugOnceMixin, ArticlePages, ContentEditor):
    form = ArticleForm
    list_display = ["title", "topic", "state", "review_status", "published_at", "modified_at"]
    list_filter = [StateFilter, ReviewFilter, "topic", "is_medical"]
    list_select_related = ["topic"]
    search_fields = ["title", "slug", "summary"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "topic", "summary", "standfirst", "key_facts"]}),
        ("Kind of page", {"fields": ["is_medical", "is_featured", "owner"]}),
    ]
    inlines = [
        BlockInline.create(ProseBlock, icon="notes"),
        BlockInline.create(CalloutBlock, icon="priority_high"),
        BlockInline.create(EvidenceBlock, icon="table_chart"),
        BlockInline.create(FigureBlock, icon="image"),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("reviews__clinician").order_by("-published_at", "pk")

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, ("This change", {"fields": ["only_typos", "seen_at"]})]

    def view_on_site(self, article: Article) -> str | None:
        is_public = article.state(timezone.now()) == State.PUBLISHED
        return article.get_absolute_url() if is_public else None

    # The list --------------------------------------------------------------------------------

    @admin.display(ordering="published_at")
    def state(self, article: Article) -> str:
        return article.state(timezone.now()).label

    @admin.display(description="review", empty_value="")
    def review_status(self, article: Article) -> str:
        if not article.is_medical:
            return "Not needed: not a medical page"
        if article.review is None:
            return "Not yet reviewed by a clinician"
        due = date_format(article.review.next_due_on)
        if article.review_is_overdue(timezone.localdate()):
            return f"{article.review.reviewer_name}: was due again on {due}"
        return f"{article.review.reviewer_name}: due again on {due}"

    # Writing ---------------------------------------------------------------------------------

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refused = getattr(request, "refused", [])
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Save, or show the form again as it was sent when the checklist refuses what was saved."""
        if request.method == "POST" and object_id:
            request.POST = revive_deleted_blocks(request.POST)
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except NotReady as not_ready:
            request.refused = not_ready.findings
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj: Article, form, change: bool) -> None:
        form.before = before_change(article=obj, now=timezone.now()) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        review_is_void = after_change(
            article=form.instance,
            before=form.before,
            by=request.user,
            comment="Typing mistakes corrected" if form.cleaned_data.get("only_typos") else "",
            only_typos=bool(form.cleaned_data.get("only_typos")),
            now=timezone.now(),
        )
        if review_is_void:
            self.message_user(request, REVIEW_IS_VOID, level=messages.WARNING)

    def delete_model(self, request, obj: Article) -> None:
        before_deleting(article=obj, now=timezone.now())
        super().delete_model(request, obj)

    def get_actions(self, request) -> dict:
        # One at a time: each asks what else would go, and leaves its address in order.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def render_change_form(self, request, context, *, obj=None, **kwargs):
        form = context["adminform"].form
        if getattr(form, "has_conflict", False):
            context["comparison"] = compare_with_stored(form, context["inline_admin_formsets"])
        if obj is not None:
            context["standing"] = self.standing(request, obj)
            context["checklist"] = check_article(obj, now=timezone.now()) if request.method == "GET" else []
            context["error_count"] = len(errors_in(context["checklist"]))
        return super().render_change_form(request, context, obj=obj, **kwargs)
