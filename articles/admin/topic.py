"""The topics that group articles."""

from django.contrib import admin
from django.db.models import Count

from clinic_site.core.redirect_admin import MovesMixin

from ..models import Topic
from ..search import index_topic
from .slugs import SlugOnceMixin


@admin.register(Topic)
class TopicAdmin(MovesMixin, SlugOnceMixin, admin.ModelAdmin):
    slug_source = "name"
    list_display = ["name", "position", "article_count"]
    search_fields = ["name"]
    fields = ["name", "slug", "summary", "position"]

    def get_queryset(self, request):
        counted = super().get_queryset(request).annotate(article_total=Count("articles"))
        return counted.order_by("position", "name")

    def save_model(self, request, obj: Topic, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        index_topic(obj)

    @admin.display(description="articles", ordering="article_total")
    def article_count(self, topic: Topic) -> int:
        return topic.article_total
