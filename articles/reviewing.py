"""When a clinician's review stops standing."""

from datetime import datetime

from .models import Article, Review


def void_reviews(*, article: Article, now: datetime) -> int:
    """Void the reviews of an article whose text has changed; return how many stood until now."""
    return Review.objects.filter(article=article, voided_at=None).update(voided_at=now)
