"""What the sitemap says of articles, topics and questions."""

from datetime import datetime

from django.db.models import Max
from django.urls import reverse

from clinic_site.core.seo import SitemapEntry, sitemap_entries_of

from .models import Article, Question
from .structured import changed_at


def sitemap_entries(now: datetime) -> list[SitemapEntry]:
    """The pages of articles that readers can open at `now`, in three queries whatever their number."""
    articles = list(
        Article.objects.published(now)
        .select_related("topic")
        .only("slug", "published_at", "modified_at", "topic__slug", "topic__name")
        .newest_first()
    )
    topics: dict = {}
    for article in articles:
        topics[article.topic] = max(changed_at(article), topics.get(article.topic, changed_at(article)))
    questions = Question.objects.shown().aggregate(changed_at=Max("modified_at"))
    return [
        *([SitemapEntry(path=reverse("articles:index"), changed_at=max(topics.values()))] if articles else []),
        *sitemap_entries_of(topics, changed_at=topics.get),
        SitemapEntry(path=reverse("articles:questions"), changed_at=questions["changed_at"]),
        *sitemap_entries_of(articles, changed_at=changed_at),
    ]
