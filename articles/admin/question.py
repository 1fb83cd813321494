"""The questions with their answers."""

from django.contrib import admin

from clinic_site.core.search.admin import SearchedAdminMixin

from ..models import Question
from ..search import QUESTIONS
from .slugs import SlugOnceMixin


@admin.register(Question)
class QuestionAdmin(SearchedAdminMixin, SlugOnceMixin, admin.ModelAdmin):
    source = QUESTIONS
    slug_source = "question"
    list_display = ["question", "group", "position", "is_shown", "modified_at"]
    list_filter = ["group", "is_shown"]
    search_fields = ["question", "answer"]
    ordering = ["position", "pk"]
    fields = ["question", "slug", "group", "answer", "position", "is_shown"]

    def view_on_site(self, question: Question) -> str | None:
        return question.get_absolute_url() if question.is_shown else None
