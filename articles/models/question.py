"""The questions people ask, with short answers."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from clinic_site.core.html import SanitizedHtmlField, is_page_id
from clinic_site.core.plain_fields import PlainCharField

from ..plain_text import plain_text
from .reference import validate_citations


class QuestionQuerySet(models.QuerySet):
    def shown(self) -> "QuestionQuerySet":
        """Questions readers see, in editors' order."""
        return self.filter(is_shown=True).order_by("position", "pk")


class Question(models.Model):
    """One question with its answer."""

    class Group(models.TextChoices):
        ABOUT = "about", "About ketamine"
        EXPERIENCE = "experience", "What it is like"
        FIT = "fit", "Is it right for me"
        COST = "cost", "Cost and getting started"
        PRIVACY = "privacy", "Privacy and safety"

    question = PlainCharField(max_length=150, help_text="The way a patient would ask it. One sentence.")
    slug = models.SlugField(max_length=120, unique=True, help_text="The address: /questions/#slug.")
    group = models.CharField(max_length=12, choices=Group, help_text="The heading it stands under.")
    answer = SanitizedHtmlField(validators=[validate_citations], help_text="40 to 80 words. Cite with [@key].")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order, smallest first.")
    is_shown = models.BooleanField(
        "show to readers", default=True, help_text="Untick to take the question off the page without losing it."
    )
    modified_at = models.DateTimeField(auto_now=True)

    objects = QuestionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.question

    def clean(self) -> None:
        if is_page_id(self.slug):
            raise ValidationError({"slug": "The page uses this word itself. Choose another address."})
        if not plain_text(self.answer):
            raise ValidationError({"answer": "Write an answer."})

    def get_absolute_url(self) -> str:
        return f"{reverse('articles:questions')}#{self.slug}"
