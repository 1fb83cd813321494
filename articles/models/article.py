"""Topics, and the articles in them."""

import math
from datetime import date, datetime

from content_editor.models import Region
from django.conf import settings
from django.db import models
from django.urls import reverse

from clinic_site.core.plain_fields import PlainCharField, PlainTextField

from .reference import refuse_citations, validate_citations

WORDS_A_MINUTE = 230


class TopicQuerySet(models.QuerySet):
    def with_published_articles(self, now: datetime) -> "TopicQuerySet":
        """Topics that hold at least one article readers can open, in editors' order."""
        of_topic = Article.objects.published(now).filter(topic=models.OuterRef("pk"))
        return self.filter(models.Exists(of_topic)).order_by("position", "name")


class Topic(models.Model):
    """A group of articles, such as "Safety"."""

    name = PlainCharField(max_length=60)
    slug = models.SlugField(unique=True, help_text="The address: /articles/topics/slug/.")
    summary = PlainCharField(max_length=170, blank=True, help_text="One sentence shown on the topic's page.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the topics, smallest first.")

    objects = TopicQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:topic", args=[self.slug])


class State(models.TextChoices):
    """Where an article stands between its first draft and its end. It is never stored: see in_state()."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in-review", "In review"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


def with_clinicians() -> models.Prefetch:
    """What to prefetch so that an article knows its reviews and who signed them: one query."""
    from .review import Review  # which points at this model

    return models.Prefetch("reviews", Review.objects.select_related("clinician"))


class ArticleQuerySet(models.QuerySet):
    def in_state(self, state: State, now: datetime) -> "ArticleQuerySet":
        """Articles that are in `state` at `now`.

        The state is nothing but a comparison of times, so an article goes live at its moment by
        itself: there is no job that could stall.
        """
        if state == State.DRAFT:
            return self.filter(published_at=None, in_review_since=None)
        if state == State.IN_REVIEW:
            return self.filter(published_at=None, in_review_since__isnull=False)
        if state == State.WITHDRAWN:
            return self.filter(withdrawn_at__lte=now)
        standing = self.filter(models.Q(withdrawn_at=None) | models.Q(withdrawn_at__gt=now))
        if state == State.SCHEDULED:
            return standing.filter(published_at__gt=now)
        return standing.filter(published_at__lte=now)

    def published(self, now: datetime) -> "ArticleQuerySet":
        """Articles that readers can open at `now`."""
        return self.in_state(State.PUBLISHED, now)

    def newest_first(self) -> "ArticleQuerySet":
        return self.order_by("-published_at", "pk")

    def for_cards(self) -> "ArticleQuerySet":
        """Articles with all that a card shows, in two queries whatever their number."""
        return self.select_related("topic").prefetch_related(with_clinicians())


class Article(models.Model):
    """One page for readers. Its body is the blocks in `articles.models.blocks`."""

    regions = [Region(key="main", title="Article")]

    State = State

    title = PlainCharField(
        max_length=110, validators=[refuse_citations], help_text="The heading. Ask it the way a patient would."
    )
    slug = models.SlugField(
        max_length=120, unique=True, help_text="The address: /articles/slug/. Does not change by itself."
    )
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="articles")
    summary = PlainCharField(
        max_length=170,
        blank=True,
        validators=[refuse_citations],
        help_text="One plain sentence for cards and search results. No citation marks.",
    )
    standfirst = PlainTextField(
        blank=True,
        help_text="The short answer, under the title: one to three sentences. Cite with [@key].",
        validators=[validate_citations],
    )
    key_facts = PlainTextField(
        blank=True,
        help_text="Three to five facts, one on each line. Readers see them in a box at the top. Cite with [@key].",
        validators=[validate_citations],
    )
    is_medical = models.BooleanField(
        "medical page",
        default=True,
        help_text="Adds the off-label, risks, not-advice and crisis boxes, and the review status.",
    )
    is_featured = models.BooleanField(
        "featured", default=False, help_text="Shown large on the home page. The newest one wins."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who keeps this page true: gets a mail each week while its review is due.",
    )
    in_review_since = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(
        null=True, editable=False, help_text="Readers see the article from this moment on."
    )
    withdrawn_at = models.DateTimeField(
        null=True, editable=False, help_text="Readers no longer see the article from this moment on."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField("last changed", auto_now=True, help_text="Shown as “Updated”.")
    word_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counted after each save: see count_words()."
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        indexes = [
            # With all that `published` looks at: lists are counted and leafed through in the index alone.
            models.Index(fields=["-published_at", "id", "withdrawn_at"], name="articles_by_moment"),
            models.Index(fields=["-published_at"], condition=models.Q(is_featured=True), name="articles_featured"),
            models.Index(fields=["topic", "-published_at", "id", "withdrawn_at"], name="articles_of_topic"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(published_at__isnull=False),
                name="articles_withdrawn_after_published",
            ),
            models.CheckConstraint(
                condition=models.Q(in_review_since=None) | models.Q(published_at=None),
                name="articles_in_review_before_published",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])

    def state(self, now: datetime) -> State:
        """Where the article stands at `now`: what in_state() says of it in the database."""
        if self.published_at is None:
            return State.DRAFT if self.in_review_since is None else State.IN_REVIEW
        if self.withdrawn_at is not None and self.withdrawn_at <= now:
            return State.WITHDRAWN
        return State.PUBLISHED if self.published_at <= now else State.SCHEDULED

    @property
    def key_fact_list(self) -> list[str]:
        return [line.strip() for line in self.key_facts.splitlines() if line.strip()]

    @property
    def picture_url(self) -> str:
        """The landscape drawn from the slug."""
        return reverse("site:art", args=[self.slug])

    @property
    def review(self):
        """The clinician's review that stands, or None."""
        standing = [review for review in self.reviews.all() if review.stands]
        return max(standing, key=lambda review: (review.reviewed_on, review.pk), default=None)

    def review_is_overdue(self, today: date) -> bool:
        """True when a review stands but should have been repeated by now."""
        return self.review is not None and self.review.next_due_on < today

    @property
    def reading_minutes(self) -> int:
        """How long reading takes, in whole minutes, one at least."""
        return max(1, math.ceil(self.word_count / WORDS_A_MINUTE))

    def blocks(self) -> list:
        """The blocks of the body, in page order: one query, and one more when there are figures."""
        from ..stored_blocks import read_blocks  # the blocks' tables point at this model
        from .blocks import BLOCKS

        return read_blocks(self, BLOCKS)

    def count_words(self) -> None:
        """Store how long the article is. Whoever writes an article or its blocks calls this after."""
        from ..plain_text import article_text

        self.word_count = len(article_text(self, self.blocks()).split())
        # Not save(): counting is no change that readers should see as “Updated”.
        Article.objects.filter(pk=self.pk).update(word_count=self.word_count)
